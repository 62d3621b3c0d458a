import unittest

from service import answer


class OrdersTest(unittest.TestCase):
    def test_an_order_says_what_it_came_to(self) -> None:
        self.assertEqual(answer("/orders/1")[1]["total"], 12.5)

    def test_an_order_nobody_made_is_not_there(self) -> None:
        self.assertEqual(answer("/orders/2")[0], 404)
