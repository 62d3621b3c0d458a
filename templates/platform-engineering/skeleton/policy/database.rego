# Judges a Terraform plan ("terraform show -json") before it is applied.
package database

import rego.v1

change := resource.change if {
	some resource in input.resource_changes
	resource.address == "module.database.terraform_data.database"
}

after := change.after.input

deny contains {"rule": "too-many-connections", "asked": after.connections, "allowed": data.standard.connections} if {
	after.connections > data.standard.connections
}

deny contains {"rule": "extension", "asked": extension, "allowed": data.standard.extensions} if {
	some extension in after.extensions
	not extension in data.standard.extensions
}

# A person leaves, a group stays.
deny contains {"rule": "production-needs-a-group", "asked": after.owner} if {
	after.environment == "prod"
	not startswith(after.owner, "group:")
}

deny contains {"rule": "production-is-not-dropped", "asked": change.before.input.name} if {
	"delete" in change.actions
	change.before.input.environment == "prod"
}

deny contains {"rule": "owner-stays", "asked": after.owner, "allowed": change.before.input.owner} if {
	change.before.input.owner != after.owner
}

# Out of production is a way around the rule against dropping.
deny contains {"rule": "production-stays-production", "asked": after.environment} if {
	change.before.input.environment == "prod"
	after.environment != "prod"
}
