"""What ages while the code stays the same, as dated data: versions, closed services, findings that are accepted.

Each file says where its facts are from and on which day they were read; tests hold the templates against them.
"""
