# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Tryton's own checks of a module, for each of ours."""
from trytond.modules.company.tests import CompanyTestMixin
from trytond.tests import test_tryton


class HouseholdTestCase(CompanyTestMixin, test_tryton.ModuleTestCase):
    module = 'fupin_household'


class CoopTestCase(CompanyTestMixin, test_tryton.ModuleTestCase):
    module = 'fupin_coop'


class IndustryTestCase(CompanyTestMixin, test_tryton.ModuleTestCase):
    module = 'fupin_industry'
