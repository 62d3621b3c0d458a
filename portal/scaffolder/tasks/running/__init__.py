"""Claiming tasks and running them.

::

    broker -> task_journal -> execution -> pool
    retention
"""
