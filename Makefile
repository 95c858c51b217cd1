# make demo [DB=postgresql://user:password@host:port/name] [PORT=8000]
# make demo-data [DB=…]     make test [ARGS=…]     make clean
# make bench [SCALE=0.1] [ARGS=…]
PYTHON ?= python3
PORT ?= 8000
SCALE ?= 0.1
SERVE = .venv/bin/python demo/serve.py --port $(PORT) $(if $(DB),--database '$(DB)')

.PHONY: help demo demo-data test bench lint clean

help:
	@echo 'make demo       prepare the demo county and serve it on http://localhost:$(PORT)'
	@echo '                DB=postgresql://user:password@host:port/name  on PostgreSQL'
	@echo 'make demo-data  only prepare it'
	@echo 'make test       run all tests'
	@echo 'make bench      measure a county of SCALE=$(SCALE) beside plain SQL'
	@echo 'make lint       run ruff'
	@echo 'make clean      remove .venv and var/, the demo data with it'

demo:
	@$(PYTHON) demo/environment.py demo
	@$(SERVE)

demo-data:
	@$(PYTHON) demo/environment.py demo
	@$(SERVE) --prepare-only

test:
	@$(PYTHON) demo/environment.py test
	@.venv/bin/python tests/run.py $(ARGS)

bench:
	@$(PYTHON) demo/environment.py test
	@PYTHONOPTIMIZE=1 .venv/bin/python -m benchmarks --scale $(SCALE) $(ARGS)

lint:
	@$(PYTHON) demo/environment.py test
	@.venv/bin/ruff check .

clean:
	rm -rf .venv var build dist *.egg-info .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
