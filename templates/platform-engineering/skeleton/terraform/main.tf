# One database per state: the portal runs this folder once for every database it is asked for.
terraform {
  required_version = ">= 1.11"
  # Where the state lies is said at "init"; for a team it is "s3", "gcs" or "pg" instead.
  backend "local" {}
}

variable "request" {
  description = "What a developer asked for."
  type = object({
    name        = string
    owner       = string
    environment = string
    connections = number
    extensions  = list(string)
  })
}

variable "password_version" {
  description = "One more than before gives both login roles new passwords."
  type        = number
  default     = 1
}

variable "verifiers" {
  description = "SCRAM verifiers of the passwords; ephemeral, so in no plan and in no state."
  type        = object({ migrator = string, app = string })
  ephemeral   = true
}

module "database" {
  source           = "./modules/postgres-database"
  name             = var.request.name
  owner            = var.request.owner
  environment      = var.request.environment
  connections      = var.request.connections
  extensions       = var.request.extensions
  password_version = var.password_version
  verifiers        = var.verifiers
}

output "made" {
  description = "There from the moment on at which the database is."
  value       = module.database.made
}

output "request" {
  value = var.request
}

output "password_version" {
  value = var.password_version
}
