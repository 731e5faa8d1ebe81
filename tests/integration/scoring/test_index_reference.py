"""A reference file becomes what the scorer looks up."""

from typing import Any

import pytest

from contracts import load
from datasets.online import Key, reference
from lambdas.index_reference.handler import handler
from lambdas.index_reference.rows import conformed
from localcloud import LocalCloud
from tests.integration.scoring.site import FEATURES, Site

PLANES = """tailnum,year,type,manufacturer,model,engines,seats,speed,engine
N10156,2004,Fixed wing multi engine,EMBRAER,EMB-145XR,2,55,NA,Turbo-fan
N102UW,NA,Fixed wing multi engine,AIRBUS,A320,2,182,NA,Turbo-fan
,1999,x,x,x,1,1,1,x
N10156,2003,Fixed wing multi engine,EMBRAER,EMB-145XR,two,55,NA,Turbo-fan
"""


def created(key: str) -> dict[str, Any]:
    return {"detail": {"bucket": {"name": "lake"}, "object": {"key": key}}}


def test_rows_are_indexed_as_curation_takes_them_and_again_the_same(site: Site, cloud: LocalCloud) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="lake")
    s3.put_object(Bucket="lake", Key="reference/planes/planes.csv", Body=PLANES.encode())
    for _ in range(2):
        assert handler(created("reference/planes/planes.csv"), None) == {"table": "planes", "rows": 2}
        items = {item["pk"]: item for item in site.items(FEATURES)}
        assert items.keys() == {"planes#N10156", "planes#N102UW"}
        assert items["planes#N10156"]["year"] == 2003  # of two rows with one key the smaller
        assert "engines" not in items["planes#N10156"]
        assert "year" not in items["planes#N102UW"]


def test_a_file_that_nobody_looks_up_is_left(site: Site) -> None:
    assert handler(created("reference/airlines/airlines.csv"), None) == {"table": None, "rows": 0}
    assert site.items(FEATURES) == []


@pytest.mark.parametrize("time", ["2013-01-01T06:00:00Z", "2013-01-01T01:00:00-05:00"])
def test_keys_are_spelled_as_events_spell_them(time: str) -> None:
    weather = load("flights").table("weather")
    row = {column.name: "1" for column in weather.columns} | {"origin": "EWR", "time_hour": time}
    ((key, _),) = conformed(weather, [row])
    assert key == reference("weather", "EWR", "2013-01-01T06:00:00.000Z") == Key(key.pk, "reference")
