# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""A new model without access rows or without its rule fails here."""
import pytest
from trytond.model import ModelStorage
from trytond.pool import Pool, isregisteredby
from trytond.pyson import PYSONDecoder
from trytond.tools.domain_inversion import is_leaf

MODULES = ['fupin_household', 'fupin_coop', 'fupin_industry']
# whoever is bound to one of these is bound to somebody's household or area
SCOPED = {
    'country.subdivision', 'fupin.household', 'fupin.income', 'fupin.person'}
# the area is a parameter there, of a user or of the law: no one's data
NO_RULE = {
    'fupin.poverty.line', 'res.user-country.subdivision',
    }

# what the modules declare is the same on every database
pytestmark = [pytest.mark.once, pytest.mark.usefixtures('transaction')]


def our_models():
    for name, model in Pool().iterobject():
        if (issubclass(model, ModelStorage)
                and any(isregisteredby(model, m) for m in MODULES)
                # an extension of a model of Tryton's, guarded there
                and any(name.startswith(p) for p in ['fupin.', 'res.user-'])):
            yield name, model


def guards(model):
    "The models whose access rows and rules hold for the model"
    yield model
    for name in model.__access__:
        yield from guards(model._fields[name].get_target())


def targets(model):
    for field in model._fields.values():
        if field._type == 'many2one':
            yield field.get_target().__name__


def global_rules(model):
    Rule = Pool().get('ir.rule')
    return Rule.search([
            ('rule_group', 'where', [
                    ('model', 'in', [m.__name__ for m in guards(model)]),
                    ('global_p', '=', True),
                    ('perm_read', '=', True),
                    ]),
            ])


def test_models_found():
    assert {'fupin.household', 'fupin.income', 'fupin.person'} <= {
        name for name, _ in our_models()}


def test_access_rows():
    Access = Pool().get('ir.model.access')
    missing = []
    for name, model in our_models():
        rows = Access.search([
                ('model', 'in', [m.__name__ for m in guards(model)])])
        if not ([r for r in rows if not r.group]
                and [r for r in rows if r.group and r.perm_read]):
            missing.append(name)
    assert not missing, "models without access rows"


def test_access_of_everybody():
    "Who is in no group writes nothing"
    Access = Pool().get('ir.model.access')
    names = [name for name, _ in our_models()]
    rows = Access.search([
            ('model', 'in', names),
            ('group', '=', None),
            ['OR',
                ('perm_write', '=', True),
                ('perm_create', '=', True),
                ('perm_delete', '=', True)],
            ])
    assert not [r.model for r in rows]


def test_company_rule():
    missing = [
        name for name, model in our_models()
        if 'company.company' in targets(model)
        and not any('companies' in r.domain for r in global_rules(model))]
    assert not missing, "models with a company and no rule for it"


def test_scope_rule():
    missing = [
        name for name, model in our_models()
        if name not in NO_RULE
        and (name in SCOPED or SCOPED & set(targets(model)))
        and not global_rules(model)]
    assert not missing, "models with scoped data and no rule"


def leaves(domain):
    if is_leaf(domain):
        yield domain
    else:
        for part in domain:
            if isinstance(part, (list, tuple)):
                yield from leaves(part)


def test_rules_name_own_fields():
    """An export evaluates the rules in Python, where a clause on a field of
    another record counts as fulfilled"""
    Rule = Pool().get('ir.rule')
    context = {'areas': [1], 'companies': [1], 'groups': [1]}
    foreign = [
        (rule.rule_group.model, leaf)
        for rule in Rule.search([
                ('rule_group.model', 'in', [n for n, _ in our_models()])])
        for leaf in leaves(PYSONDecoder(context).decode(rule.domain))
        if '.' in leaf[0] or leaf[1] == 'where']
    assert not foreign
