"""``zhuoluo rehearse``: a synthetic community lives through weeks in seconds, on a clock that only goes forward.

People write through the dispatcher and act on what their phones show; what is due happens through the acts of the
running program; simulated platforms decide what arrives. Nothing here is read by the program that serves residents.
"""
