# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from trytond.model import fields
from trytond.modules.fupin_coop.configuration import default_sequence
from trytond.pool import PoolMeta
from trytond.pyson import Eval, Id


class Configuration(metaclass=PoolMeta):
    __name__ = 'fupin.coop.configuration'

    cycle_sequence = fields.MultiValue(fields.Many2One(
            'ir.sequence.strict', "Cycle Sequence", required=True,
            domain=[
                ('company', 'in',
                    [Eval('context', {}).get('company', -1), None]),
                ('sequence_type', '=',
                    Id('fupin_industry', 'sequence_type_cycle')),
                ],
            help="Used to generate the number of a cycle."))

    default_cycle_sequence = default_sequence(
        'sequence_cycle', 'fupin_industry')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        if 'cycle_sequence' not in cls._sequences:
            cls._sequences = cls._sequences + ['cycle_sequence']


class ConfigurationSequence(metaclass=PoolMeta):
    __name__ = 'fupin.coop.configuration.sequence'

    cycle_sequence = fields.Many2One(
        'ir.sequence.strict', "Cycle Sequence",
        domain=[
            ('company', 'in', [Eval('company', -1), None]),
            ('sequence_type', '=',
                Id('fupin_industry', 'sequence_type_cycle')),
            ])

    default_cycle_sequence = default_sequence(
        'sequence_cycle', 'fupin_industry')
