import unittest

from service import answer


class PaymentsTest(unittest.TestCase):
    def test_a_paid_order_is_paid(self) -> None:
        self.assertEqual(answer("/payments/1"), (200, {"order": "1", "paid": True}))

    def test_another_order_is_not(self) -> None:
        self.assertEqual(answer("/payments/2"), (200, {"order": "2", "paid": False}))
