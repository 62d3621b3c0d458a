"""Features for models: computed once, the same for training and for serving.

windows -> store -> fraud             transactions, held or let through
interests -> store -> recommendations visits, and the products they are shown
"""
