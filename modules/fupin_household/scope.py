# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from trytond.cache import Cache
from trytond.model import ModelSQL, fields
from trytond.pool import Pool, PoolMeta
from trytond.transaction import (
    Transaction, inactive_records, without_check_access)

# whose rules know the user
_OF_USER = {'fupin.import', 'fupin.import.mapping'}


class ExportMixin:
    """Let an export obey the record rules.

    Tryton evaluates the rules of the exported records in Python, where a
    clause on a field of another record counts as fulfilled; reading them
    first asks the database.  For the same reason a rule of ours has clauses
    on fields of its own model only."""
    __slots__ = ()

    @classmethod
    def export_data(cls, records, fields_names, header=False):
        if Transaction().check_access and records:
            cls.read([r.id for r in records], ['id'])
        return super().export_data(records, fields_names, header=header)


class Rule(metaclass=PoolMeta):
    __name__ = 'ir.rule'

    @classmethod
    def _get_context(cls, model_name):
        User = Pool().get('res.user')
        context = super()._get_context(model_name)
        context['areas'] = User.get_areas()
        if model_name in _OF_USER:
            context['user_id'] = Transaction().user
        return context

    @classmethod
    def _get_cache_key(cls, model_names):
        User = Pool().get('res.user')
        key = (*super()._get_cache_key(model_names), User.get_areas())
        if model_names & _OF_USER:
            key = (*key, Transaction().user)
        return key


class UserArea(ModelSQL):
    __name__ = 'res.user-country.subdivision'

    user = fields.Many2One(
        'res.user', "User", ondelete='CASCADE', required=True)
    area = fields.Many2One(
        'country.subdivision', "Area", ondelete='CASCADE', required=True)

    @classmethod
    def on_modification(cls, mode, records, field_names=None):
        User = Pool().get('res.user')
        super().on_modification(mode, records, field_names=field_names)
        User.clear_areas()


class User(metaclass=PoolMeta):
    __name__ = 'res.user'

    areas = fields.Many2Many(
        'res.user-country.subdivision', 'user', 'area', "Areas",
        help="The user sees the households of these areas "
        "and of the areas below them.")
    _get_areas_cache = Cache(__name__ + '.get_areas', context=False)

    @classmethod
    def get_areas(cls):
        """Return the ids of the user's areas and of all areas below them
        as a sorted tuple; empty for a user without areas."""
        pool = Pool()
        Subdivision = pool.get('country.subdivision')
        user_id = Transaction().user
        areas = cls._get_areas_cache.get(user_id)
        if areas is None:
            with without_check_access(), inactive_records():
                own = [a.id for a in cls(user_id).areas]
                if own:
                    found = Subdivision.search([
                            ('parent', 'child_of', own, 'parent'),
                            ], order=[])
                    areas = tuple(sorted(a.id for a in found))
                else:
                    areas = ()
            cls._get_areas_cache.set(user_id, areas)
        return areas

    @classmethod
    def clear_areas(cls):
        Rule = Pool().get('ir.rule')
        cls._get_areas_cache.clear()
        Rule._domain_get_cache.clear()
