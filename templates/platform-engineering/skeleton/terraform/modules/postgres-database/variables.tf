variable "name" {
  description = "Of the database, and the beginning of the names of its roles."
  type        = string
  validation {
    condition     = can(regex("^[a-z][a-z0-9_]{2,39}$", var.name))
    error_message = "A name has 3 to 40 of a-z, 0-9 and _, and begins with a letter."
  }
}

variable "owner" {
  description = "The team that answers for the database."
  type        = string
  validation {
    condition     = can(regex("^((group|user):)?([A-Za-z0-9._-]+/)?[A-Za-z0-9._-]+$", var.owner))
    error_message = "An owner is an entity reference, for instance group:default/payments."
  }
}

variable "environment" {
  type = string
  validation {
    condition     = contains(["dev", "prod"], var.environment)
    error_message = "An environment is dev or prod."
  }
}

variable "connections" {
  description = "How many connections the application may hold at once."
  type        = number
  validation {
    condition     = var.connections >= 1 && floor(var.connections) == var.connections
    error_message = "Connections are a whole number from 1."
  }
}

variable "extensions" {
  description = "Extensions of PostgreSQL; only trusted ones can be created without a superuser."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for name in var.extensions : can(regex("^[a-z][a-z0-9_]*$", name))])
    error_message = "The name of an extension has a-z, 0-9 and _."
  }
}

variable "password_version" {
  type    = number
  default = 1
}

variable "verifiers" {
  type      = object({ migrator = string, app = string })
  ephemeral = true
  validation {
    condition     = alltrue([for v in values(var.verifiers) : startswith(v, "SCRAM-SHA-256$")])
    error_message = "Verifiers are of the form SCRAM-SHA-256$...; passwords do not belong here."
  }
}
