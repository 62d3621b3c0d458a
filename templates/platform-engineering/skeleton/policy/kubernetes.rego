# Judges one Kubernetes manifest at a time.
package kubernetes

import rego.v1

template := input.spec.template if input.kind == "Deployment"

containers contains container if some container in template.spec.containers

deny contains {"rule": "too-few-replicas", "asked": input.spec.replicas, "allowed": data.standard.replicas} if {
	template
	input.spec.replicas < data.standard.replicas
}

deny contains {"rule": "runs-as-root", "asked": input.metadata.name} if {
	template
	not template.spec.securityContext.runAsNonRoot == true
}

deny contains {"rule": "no-memory-limit", "asked": container.name} if {
	some container in containers
	not container.resources.limits.memory
}

deny contains {"rule": "no-readiness-probe", "asked": container.name} if {
	some container in containers
	not container.readinessProbe
}

deny contains {"rule": "floating-image", "asked": container.image} if {
	some container in containers
	not regex.match(`:[A-Za-z0-9_.-]+$`, container.image)
}

deny contains {"rule": "floating-image", "asked": container.image} if {
	some container in containers
	endswith(container.image, ":latest")
}

deny contains {"rule": "no-owner", "asked": input.metadata.name} if {
	not input.metadata.annotations["backstage.io/owner"]
}
