"""What forges tell of pushes.

    request ─► signatures ─► pushes ─► service ─► a row the worker takes
               who says so   of what   of which source
"""
