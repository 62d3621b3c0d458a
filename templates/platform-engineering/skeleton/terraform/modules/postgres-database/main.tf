# A database that keeps the company's standard, on any PostgreSQL from 15 on.
#
# Only Terraform's built-in provider is used, so there is nothing to download; the work is done by
# psql, which finds the server through the usual PGHOST, PGPORT, PGUSER and PGPASSWORD.
terraform {
  required_version = ">= 1.11"
}

locals {
  psql = ["psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--dbname=postgres", "--file"]
  database = {
    DB_NAME = var.name
    DB_TEAM = var.owner
  }
}

# The thing itself. Replacing it would drop the data, so only another name does.
resource "terraform_data" "database" {
  input = {
    name        = var.name
    owner       = var.owner
    environment = var.environment
    connections = var.connections
    extensions  = var.extensions
  }
  triggers_replace = [var.name]

  provisioner "local-exec" {
    interpreter = local.psql
    command     = "${path.module}/create.sql"
    environment = local.database
  }

  provisioner "local-exec" {
    when        = destroy
    interpreter = ["psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--dbname=postgres", "--file"]
    command     = "${path.module}/drop.sql"
    environment = { DB_NAME = self.input.name }
  }
}

# Limits and privileges. Run again when the request changes, and when the standard itself does.
resource "terraform_data" "standard" {
  triggers_replace = {
    database = terraform_data.database.id
    input    = terraform_data.database.input
    standard = filesha256("${path.module}/standard.sql")
  }

  provisioner "local-exec" {
    interpreter = local.psql
    command     = "${path.module}/standard.sql"
    environment = merge(local.database, {
      DB_CONNECTIONS = var.connections
      DB_EXTENSIONS  = join(",", var.extensions)
    })
  }
}

# The passwords, as verifiers. New ones are set only with another version: a rotation.
resource "terraform_data" "credentials" {
  # Both change the same roles, and PostgreSQL refuses that at the same moment.
  depends_on = [terraform_data.standard]
  triggers_replace = {
    database = terraform_data.database.id
    version  = var.password_version
  }

  provisioner "local-exec" {
    interpreter = local.psql
    command     = "${path.module}/credentials.sql"
    environment = merge(local.database, {
      MIGRATOR_VERIFIER = var.verifiers.migrator
      APP_VERIFIER      = var.verifiers.app
    })
  }
}
