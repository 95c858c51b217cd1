# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""What brings the rows of household and year up to date"""
from trytond.pool import Pool, PoolMeta
from trytond.transaction import Transaction

from .household_year_figures import among


class YearChangeMixin:
    """A record of a household whose dates decide what its rows show

    They are brought up to date once for all records of a call."""
    __slots__ = ()

    @classmethod
    def _get_households(cls, records):
        "Return the ids of the households as the database has them"
        table = cls.__table__()
        cursor = Transaction().connection.cursor()
        cursor.execute(*table.select(
                table.household,
                where=among(table.id, [r.id for r in records]),
                group_by=[table.household]))
        return {household for household, in cursor}

    @classmethod
    def _refresh_years(cls, households):
        HouseholdYear = Pool().get('fupin.household.year')
        HouseholdYear.refresh(households)

    @classmethod
    def create(cls, vlist):
        records = super().create(vlist)
        cls._refresh_years(cls._get_households(records))
        return records

    @classmethod
    def write(cls, records, values, *args):
        all_records = sum((records, values, *args)[::2], [])
        households = cls._get_households(all_records)
        super().write(records, values, *args)
        cls._refresh_years(households | cls._get_households(all_records))

    @classmethod
    def delete(cls, records):
        households = cls._get_households(records)
        super().delete(records)
        cls._refresh_years(households)


class Membership(YearChangeMixin, metaclass=PoolMeta):
    __name__ = 'fupin.household.membership'


class Registration(YearChangeMixin, metaclass=PoolMeta):
    __name__ = 'fupin.household.registration'


class Household(metaclass=PoolMeta):
    __name__ = 'fupin.household'

    @classmethod
    def create(cls, vlist):
        HouseholdYear = Pool().get('fupin.household.year')
        # once with all their persons
        with Transaction().set_context(_household_year_held=True):
            households = super().create(vlist)
        HouseholdYear.refresh([h.id for h in households])
        return households

    @classmethod
    def write(cls, households, values, *args):
        HouseholdYear = Pool().get('fupin.household.year')
        super().write(households, values, *args)
        actions = (households, values, *args)
        changed = [
            h.id for records, values in zip(actions[::2], actions[1::2])
            if values.keys() & {'area', 'start_date', 'end_date'}
            for h in records]
        HouseholdYear.refresh(changed, purge=True)


class Subdivision(metaclass=PoolMeta):
    __name__ = 'country.subdivision'

    @classmethod
    def write(cls, areas, values, *args):
        super().write(areas, values, *args)
        actions = (areas, values, *args)
        changed = {
            a.id for records, values in zip(actions[::2], actions[1::2])
            if values.keys() & {'parent', 'county', 'township', 'village'}
            for a in records}
        if changed:
            cls._refresh_years(changed)

    @classmethod
    def _refresh_years(cls, areas):
        pool = Pool()
        Household = pool.get('fupin.household')
        HouseholdYear = pool.get('fupin.household.year')
        area, household = cls.__table__(), Household.__table__()
        cursor = Transaction().connection.cursor()
        # the line may be that of an area above the county
        cursor.execute(*household.join(
                area, condition=household.area == area.id).select(
                household.id,
                where=among(area.id, areas) | among(area.county, areas)))
        HouseholdYear.refresh([id_ for id_, in cursor])


class Year(metaclass=PoolMeta):
    __name__ = 'fupin.income.year'

    @classmethod
    def create(cls, vlist):
        HouseholdYear = Pool().get('fupin.household.year')
        # once, with the years before them
        with Transaction().set_context(_household_year_held=True):
            years = super().create(vlist)
        HouseholdYear.refresh(None, [y.id for y in years])
        return years

    @classmethod
    def write(cls, years, values, *args):
        """Opened or closed, the rows are those of the ledger once more; that
        they are closed is written with them."""
        pool = Pool()
        Correction = pool.get('fupin.household.year.correction')
        HouseholdYear = pool.get('fupin.household.year')
        super().write(years, values, *args)
        actions = (years, values, *args)
        changed, closed, opened = set(), set(), set()
        for records, values in zip(actions[::2], actions[1::2]):
            ids = [r.id for r in records]
            if values.get('state') == 'closed':
                closed.update(ids)
            elif values.get('state') == 'open':
                opened.update(ids)
            elif values.keys() & {'start_date', 'end_date', 'previous'}:
                changed.update(ids)
        if opened:
            Correction.discard(opened)
        if closed:
            HouseholdYear.refresh(None, closed, missing=True)
        if changed | opened:
            HouseholdYear.refresh(None, changed | opened, purge=True)


class PovertyLine(metaclass=PoolMeta):
    __name__ = 'fupin.poverty.line'

    @classmethod
    def _get_years(cls, lines):
        return {line.year.id for line in lines}

    @classmethod
    def create(cls, vlist):
        HouseholdYear = Pool().get('fupin.household.year')
        lines = super().create(vlist)
        HouseholdYear.refresh(None, cls._get_years(lines))
        return lines

    @classmethod
    def write(cls, lines, values, *args):
        HouseholdYear = Pool().get('fupin.household.year')
        all_lines = sum((lines, values, *args)[::2], [])
        years = cls._get_years(all_lines)
        super().write(lines, values, *args)
        HouseholdYear.refresh(None, years | cls._get_years(all_lines))

    @classmethod
    def delete(cls, lines):
        HouseholdYear = Pool().get('fupin.household.year')
        years = cls._get_years(lines)
        super().delete(lines)
        HouseholdYear.refresh(None, years)


class Income(metaclass=PoolMeta):
    __name__ = 'fupin.income'

    @classmethod
    def create(cls, vlist):
        lines = super().create(vlist)
        cls.refresh_years([line.id for line in lines])
        return lines

    @classmethod
    def refresh_years(cls, lines):
        """Bring the rows of the lines (ids) up to date, those of what they
        take back too."""
        HouseholdYear = Pool().get('fupin.household.year')
        table, original = cls.__table__(), cls.__table__()
        cursor = Transaction().connection.cursor()
        cursor.execute(*table.join(original, 'LEFT',
                condition=table.reversal_of == original.id).select(
                table.household, table.year, original.year,
                where=among(table.id, lines),
                group_by=[table.household, table.year, original.year]))
        households, years = set(), set()
        for household, *of_years in cursor:
            households.add(household)
            years.update(y for y in of_years if y)
        HouseholdYear.refresh(households, years, posted=True)


class Payment(metaclass=PoolMeta):
    __name__ = 'fupin.income.payment'

    @classmethod
    def create(cls, vlist):
        pool = Pool()
        HouseholdYear = pool.get('fupin.household.year')
        income = pool.get('fupin.income').__table__()
        payments = super().create(vlist)
        table = cls.__table__()
        cursor = Transaction().connection.cursor()
        cursor.execute(*table.join(
                income, condition=table.income == income.id).select(
                income.household, income.year,
                where=among(table.id, [p.id for p in payments]),
                group_by=[income.household, income.year]))
        rows = cursor.fetchall()
        HouseholdYear.refresh(
            {h for h, _ in rows}, {y for _, y in rows}, posted=True)
        return payments
