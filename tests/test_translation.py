# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""No English is left: every term of every activated module is Chinese.

The terms are read from a database of its own, made in a process of its own,
because the language must be loaded while the modules are activated.
"""
import json
import os
import re
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

import pytest

import caching

# Its database is its own, on SQLite
pytestmark = pytest.mark.plain

ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted(p.name for p in (ROOT / 'modules').glob('fupin_*'))
LANGUAGE = 'zh_CN'

ACTIONS = {f'ir.action.{n}' for n in ('act_window', 'report', 'url', 'wizard')}

# Names that are written alike in Chinese, but for full-width brackets
IDENTICAL = {
    'BIC', 'CSV (GB18030)', 'CSV (UTF-8)', 'Excel (XLSX)', 'IBAN'}

WORD = re.compile('[A-Za-z]')
CHINESE = re.compile('[\u4e00-\u9fff]')
PLACEHOLDER = re.compile(
    r'%\(\w+\)[a-z]|%s|\$\{\w+\}|\{\w*\}|\[\d+:')


def read_terms(directory):
    "Activate the modules in a new database, return its translation rows"
    from trytond import backend, config
    from trytond.pool import Pool
    from trytond.transaction import Transaction

    config.set('database', 'uri', 'sqlite://')
    config.set('database', 'path', directory)
    name = 'translation'
    Path(directory, f'{name}.sqlite').touch()
    backend.Database(name).connect().init()
    Pool.start()
    pool = Pool(name)
    pool.init(update=MODULES, lang=['en', LANGUAGE], activatedeps=True)
    with Transaction().start(name, 0) as transaction:
        # Strings of views and reports are only then among the terms
        Set = pool.get('ir.translation.set', type='wizard')
        session_id, _, _ = Set.create()
        Set(session_id).transition_set_()
        cursor = transaction.connection.cursor()
        cursor.execute(
            "SELECT lang, module, type, name, res_id, src, value, fuzzy "
            "FROM ir_translation WHERE module IS NOT NULL AND src != ''")
        translations = cursor.fetchall()
        cursor.execute(
            "SELECT module, model, db_id, fs_id FROM ir_model_data")
        return translations, cursor.fetchall()


@pytest.fixture(scope='module')
def terms(tmp_path_factory):
    "List of (label, source, [translations])"
    kept = caching.folder() / 'translation.json'
    with caching.locked('translation'):
        if not kept.exists():
            directory = tmp_path_factory.mktemp('translation')
            result = subprocess.run(
                [sys.executable, __file__, str(directory)],
                env=dict(os.environ, TRYTOND_DATABASE_URI='sqlite://'),
                capture_output=True, text=True)
            assert result.returncode == 0, result.stderr
            kept.write_text(result.stdout.splitlines()[-1])
    rows, records = json.loads(kept.read_text())
    names = {
        (module, 'ir.action' if model in ACTIONS else model, id): fs_id
        for module, model, id, fs_id in records}

    def key(type, name, id, source):
        # Tryton finds the translation of a record by its id alone
        return (type, name, id) if id >= 0 else (type, name, source)

    translations = defaultdict(set)
    for lang, _, type, name, id, source, value, fuzzy in rows:
        if lang == LANGUAGE and value and not fuzzy:
            translations[key(type, name, id, source)].add(value)
    result = []
    for lang, module, type, name, id, source, _, _ in rows:
        if lang == 'en':
            record = names.get((module, name.partition(',')[0], id), '')
            result.append((
                    f"{module}: {type}:{name}:{record}", source,
                    sorted(translations[key(type, name, id, source)])))
    return result


def listing(problems):
    counts = Counter(p.partition(':')[0] for p in problems)
    return '\n'.join([
            f"{len(problems)} terms: "
            + ", ".join(f"{m} {n}" for m, n in sorted(counts.items())),
            *problems])


def check(problems):
    if problems:
        pytest.fail(listing(sorted(problems)), pytrace=False)


def test_all_terms_are_found(terms):
    modules = {label.partition(':')[0] for label, _, _ in terms}
    types = {label.split(':')[1].strip() for label, _, _ in terms}
    assert modules >= {'ir', 'res', 'party', 'company', *MODULES}
    assert types >= {
        'field', 'help', 'selection', 'view', 'wizard_button', 'model',
        'report'}


def test_no_english_is_left(terms):
    check([
            f"{label}\t{source!r}" for label, source, values in terms
            if WORD.search(source)
            and source not in IDENTICAL
            and not CHINESE.search(source)
            and not any(map(CHINESE.search, values))])


def test_one_translation_each(terms):
    check([
            f"{label}\t{source!r}\t{values!r}"
            for label, source, values in terms if len(values) > 1])


def test_placeholders_are_kept(terms):
    check([
            f"{label}\t{source!r}\t{value!r}"
            for label, source, values in terms for value in values
            if (set(PLACEHOLDER.findall(source))
                != set(PLACEHOLDER.findall(value)))])


def test_characters_are_simplified(terms):
    def is_simplified(character):
        try:
            return len(character.encode('gb2312')) == 2
        except UnicodeEncodeError:
            return False
    check([
            f"{label}\t{value!r}"
            for label, _, values in terms for value in values
            if not all(map(is_simplified, CHINESE.findall(value)))])


if __name__ == '__main__':
    print(json.dumps(read_terms(sys.argv[1])))
