"""Jobs on a schedule: what is due, each at most once at a time and each period once, over all processes of a ledger.

`calendars` says which periods there are and when each is due, `ledger` keeps what was done, `lanes` who may do it,
`runner` does what is due, `worker` is the process beside the service that does so until it is told to stop, and
`catalogue` lists the jobs that there are.
"""
