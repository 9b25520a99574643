"""Notices: what somebody has to be told, told once.

`settings` says who gets what, by `config/notices.toml`. `causes`, `readings` and `compliance` find what there is to
tell, `noticing` keeps it in the ledger with its deliveries, in one transaction with how far was looked; `texts` says
it in Chinese and English, `channels` hand it over, `delivering` does so until it has arrived, and `work` is the job
that does all this every few seconds.
"""
