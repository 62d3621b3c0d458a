"""What is around the shop: services of others, customers, an HTTP server to try it on."""
