output "roles" {
  description = "owner holds the tables and cannot log in; migrator changes them; app reads and writes rows."
  value = {
    owner    = "${var.name}_owner"
    migrator = "${var.name}_migrator"
    app      = "${var.name}_app"
  }
}
