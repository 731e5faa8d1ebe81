"""``python -m tests.integration.processes.busy_cloud FOLDER``: a cloud all of whose engines work, until stdin ends.

Each engine that runs others' code has a daemon, whose number is in FOLDER.
"""

import json
import sys
import time
from pathlib import Path

from localcloud import LocalCloud
from tests.integration.athena.conftest import Athena
from tests.integration.athena.test_bounds import ENDLESS
from tests.integration.endpoints.hall import Hall, variant
from tests.integration.glue.lake import Lake
from tests.integration.lambda_.conftest import ROLE, zipped
from tests.integration.processes.test_daemons import DAEMON, HANDLER, SERVE
from tests.integration.sagemaker.workshop import Workshop

DAEMONS = ("function", "endpoint", "processing", "glue")


def main(folder: Path) -> None:
    """Prints "busy" when every engine works."""
    with LocalCloud() as cloud:
        cloud.client("iam").create_role(RoleName="functions", AssumeRolePolicyDocument="{}")
        endless = "\ntime.sleep(600)\n"
        workshop = Workshop(cloud)
        workshop.put("code/prepare.py", f"{DAEMON}\ndaemon({str(folder / 'processing')!r}){endless}")
        workshop.process("job")
        lake = Lake(cloud)
        lake.job(f"{DAEMON}\ndaemon({str(folder / 'glue')!r}){endless}")
        lake.start()
        functions = cloud.client("lambda")
        code = {"ZipFile": zipped({"index.py": HANDLER})}
        functions.create_function(
            FunctionName="f", Role=ROLE, Runtime="python3.13", Handler="index.handler", Code=code
        )
        functions.invoke(FunctionName="f", Payload=json.dumps({"daemon": str(folder / "function")}))
        hall = Hall(cloud)
        hall.endpoint(hall.config("first", variant(hall.model("m", SERVE, told=str(folder / "endpoint")))))
        athena = Athena(cloud)
        query = athena.start(ENDLESS)
        running = cloud.engines["athena"].pool._live[query]
        while running.session is None or not all((folder / name).exists() for name in DAEMONS):
            time.sleep(0.02)
        print("busy", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
