import unittest

from service import answer


class InventoryTest(unittest.TestCase):
    def test_what_is_sold_out_is_still_an_item(self) -> None:
        self.assertEqual(answer("/stock/cup"), (200, {"item": "cup", "quantity": 0}))

    def test_what_is_not_sold_is_not_there(self) -> None:
        self.assertEqual(answer("/stock/coffee")[0], 404)
