"""The command line's side that talks to a running service: ``http`` asks it, ``show`` prints, ``commands`` are click's.

It imports neither the service nor its event loop, so that a command answers as fast as it can start.
"""
