# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Every list of ours goes out as XLSX."""
import pytest
from trytond.modules.fupin_household.list_export import list_columns
from trytond.pool import Pool

pytestmark = pytest.mark.usefixtures('transaction')


def test_every_list():
    pool = Pool()
    Keyword = pool.get('ir.action.keyword')
    windows = pool.get('ir.action.act_window').search([
            ('res_model', 'like', 'fupin.%')])
    assert len(windows) > 50
    for window in windows:
        assert list_columns(pool.get(window.res_model))
        assert 'fupin.list.workbook' in {
            k.get('report_name') for k in Keyword.get_keyword(
                'form_print', (window.res_model, -1))}
