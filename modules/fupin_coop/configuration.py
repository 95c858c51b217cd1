# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from trytond.model import (
    ModelSingleton, ModelSQL, ModelView, fields)
from trytond.modules.company.model import (
    CompanyMultiValueMixin, CompanyValueMixin)
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Eval, Id


def default_sequence(name, module='fupin_coop'):
    "Return the default method of a sequence that the module ships"
    @classmethod
    def default(cls, **pattern):
        ModelData = Pool().get('ir.model.data')
        try:
            return ModelData.get_id(module, name)
        except KeyError:
            return None
    return default


class Configuration(
        ModelSingleton, ModelSQL, ModelView, CompanyMultiValueMixin):
    __name__ = 'fupin.coop.configuration'
    __string__ = "Cooperative Configuration"

    member_sequence = fields.MultiValue(fields.Many2One(
            'ir.sequence.strict', "Member Sequence", required=True,
            domain=[
                ('company', 'in',
                    [Eval('context', {}).get('company', -1), None]),
                ('sequence_type', '=',
                    Id('fupin_coop', 'sequence_type_member')),
                ],
            help="Used to generate the number of a member; "
            "it leaves no gaps."))
    delivery_sequence = fields.MultiValue(fields.Many2One(
            'ir.sequence.strict', "Delivery Sequence", required=True,
            domain=[
                ('company', 'in',
                    [Eval('context', {}).get('company', -1), None]),
                ('sequence_type', '=',
                    Id('fupin_coop', 'sequence_type_delivery')),
                ],
            help="Used to generate the number of a delivery; "
            "it leaves no gaps."))

    # the sequences of which each cooperative gets its own
    _sequences = ['member_sequence', 'delivery_sequence']

    default_member_sequence = default_sequence('sequence_member')
    default_delivery_sequence = default_sequence('sequence_delivery')

    @classmethod
    def multivalue_model(cls, field):
        pool = Pool()
        if field in cls._sequences:
            return pool.get('fupin.coop.configuration.sequence')
        return super().multivalue_model(field)

    @classmethod
    def create_sequences(cls, companies):
        """Give each company its own sequences, so that the numbers of its
        documents follow one another."""
        configuration = cls(1)
        for name in cls._sequences:
            default = configuration.get_multivalue(name, company=None)
            if not default:
                continue
            Sequence = default.__class__
            for company in companies:
                sequence = Sequence(
                    name=default.name,
                    sequence_type=default.sequence_type,
                    company=company,
                    prefix=default.prefix,
                    suffix=default.suffix,
                    padding=default.padding)
                sequence.save()
                configuration.set_multivalue(
                    name, sequence, company=company.id)


class ConfigurationSequence(ModelSQL, CompanyValueMixin):
    __name__ = 'fupin.coop.configuration.sequence'

    member_sequence = fields.Many2One(
        'ir.sequence.strict', "Member Sequence",
        domain=[
            ('company', 'in', [Eval('company', -1), None]),
            ('sequence_type', '=', Id('fupin_coop', 'sequence_type_member')),
            ])
    delivery_sequence = fields.Many2One(
        'ir.sequence.strict', "Delivery Sequence",
        domain=[
            ('company', 'in', [Eval('company', -1), None]),
            ('sequence_type', '=',
                Id('fupin_coop', 'sequence_type_delivery')),
            ])

    default_member_sequence = default_sequence('sequence_member')
    default_delivery_sequence = default_sequence('sequence_delivery')


class Company(metaclass=PoolMeta):
    __name__ = 'company.company'

    @classmethod
    def on_modification(cls, mode, companies, field_names=None):
        Configuration = Pool().get('fupin.coop.configuration')
        super().on_modification(mode, companies, field_names=field_names)
        if mode == 'create':
            Configuration.create_sequences(companies)
