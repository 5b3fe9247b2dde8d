"""Many real agents of one server, in few processes: each with its own connection, credential, pauses and frames.

Nothing is imported here: the processes of the agents load no server.
"""
