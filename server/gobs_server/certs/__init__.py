"""Certificates of one's own: an authority, the server's and the agents', and the folder they are kept in.

Whatever makes or reads a certificate's contents loads `cryptography`, 16 MiB of memory: import its modules where it is
needed, not at a module's top.
"""
