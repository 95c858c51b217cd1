# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"gunicorn -c gunicorn.conf.py trytond.application:app"
import multiprocessing
import os

bind = os.environ.get('FUPIN_BIND', '127.0.0.1:8000')
# Python uses one core per process: one process for each core and one more, as
# each waits for the database at times.  Each takes some 150 MB.
workers = int(
    os.environ.get('FUPIN_WORKERS', multiprocessing.cpu_count() + 1))
worker_class = 'gthread'
# a long report must not keep the others of its process waiting
threads = 8
# a long report or import must be able to end
timeout = 600
graceful_timeout = 60
keepalive = 75
# nobody commands it but systemd
control_socket_disable = True
# a worker is renewed from time to time, so that its memory stays bounded
max_requests = 20000
max_requests_jitter = 2000
forwarded_allow_ips = '127.0.0.1'
