# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Bring modules/fupin_*/locale/zh_CN.po up to date with the sources.

The modules are activated in a temporary database and Tryton exports their
terms.  A translation is kept from the present file, else taken by its source
string from the dictionaries (English<TAB>Chinese, line breaks written \\n).
What is still without Chinese is listed, and the exit status is 1.
"""
import argparse
import hashlib
import re
import shutil
import sqlite3
import sys
import tempfile
from importlib.metadata import distributions
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / 'var' / 'translations'
LATIN = re.compile('[A-Za-z]{2}')


def normalise(source):
    # Templates and dictionaries differ in white space only
    return ' '.join(source.replace('\\n', '\n').split())


def read_dictionaries(paths):
    dictionary = {}
    for path in paths:
        lines = Path(path).read_text(encoding='utf-8').splitlines()
        for number, line in enumerate(lines, 1):
            source, target = (line.split('\t') + [''])[:2]
            target = target.strip().replace('\\n', '\n')
            if not target or source.startswith('#'):
                continue
            known = dictionary.setdefault(normalise(source), target)
            if known != target:
                print(f"{path}:{number}: {source}: {target}, was {known}")
    return dictionary


def activate(path, modules):
    from trytond import backend
    from trytond.pool import Pool
    if not path.exists():
        path.touch()
        backend.Database(path.stem).connect().init()
    Pool(path.stem).init(update=modules, lang=['en'], activatedeps=True)


def base_database(directory, modules):
    "Copy a database with what the modules depend on, made once and kept"
    from trytond.modules import get_module_info
    depends, todo = set(), list(modules)
    while todo:
        new = set(get_module_info(todo.pop()).get('depends', [])) - depends
        depends |= new
        todo.extend(new)
    depends = sorted(d for d in depends if not d.startswith('fupin_'))
    versions = sorted(
        f'{d.name} {d.version}' for d in distributions()
        if d.name.startswith('trytond'))
    key = hashlib.sha256(repr((depends, versions)).encode()).hexdigest()[:16]
    kept = CACHE / f'{key}.sqlite'
    if not kept.exists():
        base = directory / 'base.sqlite'
        activate(base, depends)
        CACHE.mkdir(parents=True, exist_ok=True)
        sqlite3.connect(base).execute('VACUUM INTO ?', [f'{base}.copy'])
        shutil.move(f'{base}.copy', kept)
    return Path(shutil.copy(kept, directory / 'translations.sqlite'))


def export(modules):
    "Return the terms of each module as a PO file without translations"
    from trytond import config
    from trytond.pool import Pool
    from trytond.transaction import Transaction
    with tempfile.TemporaryDirectory() as directory:
        config.set('database', 'uri', 'sqlite://')
        config.set('database', 'path', directory)
        Pool.start()
        path = base_database(Path(directory), modules)
        activate(path, modules)
        pool = Pool(path.stem)
        with Transaction().start(path.stem, 0) as transaction:
            Set = pool.get('ir.translation.set', type='wizard')
            Translation = pool.get('ir.translation')
            for model in ['ir.ui.view', 'ir.action.report']:
                records = pool.get(model).search([('module', 'in', modules)])
                session_id, _, _ = Set.create()
                with transaction.set_context(
                        active_model=model,
                        active_ids=[r.id for r in records]):
                    Set(session_id).transition_set_()
            files = [Translation.translation_export('en', m) for m in modules]
    return zip(modules, [polib.pofile((f or b'').decode()) for f in files])


def translate(terms, current, dictionary, prefer_dictionary):
    "Fill the terms in place, return those that have no translation"
    known = {
        (e.msgctxt, e.msgid): e.msgstr_plural.get(0) or e.msgstr
        for e in current if not e.obsolete and 'fuzzy' not in e.flags
        # English that is only repeated is not translated
        and (e.msgstr != e.msgid or not LATIN.search(e.msgid))}
    missing = []
    for term in terms:
        values = [
            known.get((term.msgctxt, term.msgid)),
            dictionary.get(normalise(term.msgid))]
        value = values[prefer_dictionary] or values[not prefer_dictionary]
        if term.msgid_plural:
            term.msgstr_plural = {0: value or ''}
        else:
            term.msgstr = value or ''
        if not value:
            missing.append(term)
    return missing


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('modules', nargs='*', help="default: fupin_*")
    parser.add_argument('--dictionary', '-d', nargs='+', default=[])
    parser.add_argument('--prefer-dictionary', action='store_true')
    options = parser.parse_args()
    modules = options.modules or sorted(
        p.name for p in ROOT.glob('modules/fupin_*'))
    dictionary = read_dictionaries(options.dictionary)
    count = 0
    for module, terms in export(modules):
        path = ROOT / 'modules' / module / 'locale' / 'zh_CN.po'
        missing = translate(
            terms, polib.pofile(str(path)) if path.exists() else [],
            dictionary, options.prefer_dictionary)
        if terms:
            terms.metadata = {'Content-Type': 'text/plain; charset=utf-8'}
            path.parent.mkdir(exist_ok=True)
            terms.save(str(path))
        print(f"{module}: {len(terms)} terms, {len(missing)} missing", *(
                f"{t.msgctxt}\t{t.msgid!r}" for t in missing), sep='\n  ')
        count += len(missing)
    return 1 if count else 0


if __name__ == '__main__':
    sys.exit(main())
