"""Templates run for good: tasks, what they tell, and the workers that run them.

The road: ``tables`` – ``store`` – ``journal`` – ``broker`` – ``execution`` – ``pool`` on the
worker's side; ``service`` – ``feed`` – ``api`` on the clients'.
"""
