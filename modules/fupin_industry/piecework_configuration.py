# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from trytond.model import fields
from trytond.modules.fupin_coop.configuration import default_sequence
from trytond.pool import PoolMeta
from trytond.pyson import Eval, Id


def _sequence(string, multi=True):
    company = (
        Eval('context', {}).get('company', -1) if multi
        else Eval('company', -1))
    return fields.Many2One(
        'ir.sequence.strict', string, required=multi,
        domain=[
            ('company', 'in', [company, None]),
            ('sequence_type', '=',
                Id('fupin_industry', 'sequence_type_piecework')),
            ])


class Configuration(metaclass=PoolMeta):
    __name__ = 'fupin.coop.configuration'

    piecework_sequence = fields.MultiValue(_sequence("Piecework Sequence"))
    piecework_document_sequence = fields.MultiValue(
        _sequence("Piecework Document Sequence"))

    default_piecework_sequence = default_sequence(
        'sequence_piecework', 'fupin_industry')
    default_piecework_document_sequence = default_sequence(
        'sequence_piecework_document', 'fupin_industry')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        for name in ['piecework_sequence', 'piecework_document_sequence']:
            if name not in cls._sequences:
                cls._sequences = cls._sequences + [name]


class ConfigurationSequence(metaclass=PoolMeta):
    __name__ = 'fupin.coop.configuration.sequence'

    piecework_sequence = _sequence("Piecework Sequence", multi=False)
    piecework_document_sequence = _sequence(
        "Piecework Document Sequence", multi=False)

    default_piecework_sequence = default_sequence(
        'sequence_piecework', 'fupin_industry')
    default_piecework_document_sequence = default_sequence(
        'sequence_piecework_document', 'fupin_industry')
