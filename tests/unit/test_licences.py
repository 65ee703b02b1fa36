"""What licences are called."""

import pytest

from kg import labels, licences
from kg.store.embedded import EmbeddedStore
from kg.store.loading import Source
from kg.terms import NamedNode


@pytest.mark.parametrize(
    ("iri", "name"),
    [
        ("https://creativecommons.org/licenses/by/4.0/", "CC BY 4.0"),
        ("http://creativecommons.org/licenses/by-nc-sa/3.0/de/", "CC BY-NC-SA 3.0 DE"),
        ("https://creativecommons.org/licenses/by-sa/4.0/legalcode", "CC BY-SA 4.0"),
        ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0 1.0"),
        ("https://creativecommons.org/publicdomain/mark/1.0/", "Public Domain Mark 1.0"),
        ("http://opendatacommons.org/licenses/odbl/1.0/", "ODbL 1.0"),
        ("https://opendatacommons.org/licenses/by/1-0", "ODC-By 1.0"),
        ("http://spdx.org/licenses/MIT", "MIT"),
        ("https://spdx.org/licenses/GPL-3.0-or-later.html", "GPL-3.0-or-later"),
        ("https://opensource.org/licenses/BSD-3-Clause", "BSD-3-Clause"),
        ("http://www.apache.org/licenses/LICENSE-2.0", "Apache 2.0"),
        ("https://www.apache.org/licenses/LICENSE-2.0.html", "Apache 2.0"),
        ("https://www.gnu.org/licenses/gpl-3.0.en.html", "GPL 3.0"),
        ("https://creativecommons.org/licenses/", None),
        ("https://example.org/licenses/by/4.0/", None),
        ("https://example.org/4.0", None),
    ],
)
def test_licences_are_called_by_their_names(iri, name):
    assert licences.name(iri) == name


def test_what_the_data_calls_a_licence_goes_first(tmp_path):
    iri = NamedNode("https://creativecommons.org/licenses/by/4.0/")
    file = tmp_path / "data.ttl"
    file.write_text(f'{iri} <http://www.w3.org/2000/01/rdf-schema#label> "Attribution"@en .')
    for sources, name in (([], "CC BY 4.0"), ([Source.of(file)], "Attribution")):
        store = EmbeddedStore.in_memory(sources, base_iri="http://e/")
        assert labels.fetch(store, [iri], ["en"])[iri].text == name
