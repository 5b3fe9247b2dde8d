"""The pages: server-rendered, morphed in place every two seconds, without a line of inline code."""
