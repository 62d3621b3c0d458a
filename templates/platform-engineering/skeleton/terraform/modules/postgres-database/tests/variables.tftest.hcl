# Run by "terraform test" (and by tests/test_terraform_module.py). Nothing is made: plans only.
variables {
  name        = "orders"
  owner       = "group:default/payments"
  environment = "dev"
  connections = 5
  verifiers   = { migrator = "SCRAM-SHA-256$4096:a$b:c", app = "SCRAM-SHA-256$4096:a$b:c" }
}

run "what_is_asked_for_is_planned" {
  command = plan
  assert {
    condition     = output.roles.app == "orders_app"
    error_message = "The application logs in as <name>_app."
  }
}

run "a_name_cannot_carry_sql" {
  command = plan
  variables { name = "orders; drop database x" }
  expect_failures = [var.name]
}

run "there_is_no_third_environment" {
  command = plan
  variables { environment = "staging" }
  expect_failures = [var.environment]
}

run "connections_are_counted_from_one" {
  command = plan
  variables { connections = 0 }
  expect_failures = [var.connections]
}

run "a_password_in_plain_text_is_refused" {
  command = plan
  variables { verifiers = { migrator = "hunter2", app = "hunter2" } }
  expect_failures = [var.verifiers]
}
