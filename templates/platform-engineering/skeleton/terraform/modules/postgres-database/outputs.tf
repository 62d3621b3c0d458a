output "made" {
  description = "The identity of the database; missing as long as it could not be made."
  value       = terraform_data.database.id
}

output "roles" {
  description = "owner holds the tables and cannot log in; migrator changes them; app reads and writes rows."
  value = {
    owner    = "${var.name}_owner"
    migrator = "${var.name}_migrator"
    app      = "${var.name}_app"
  }
}
