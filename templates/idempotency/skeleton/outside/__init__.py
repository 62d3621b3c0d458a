"""What is around the shop: the bank, customers, servers to try it on."""
