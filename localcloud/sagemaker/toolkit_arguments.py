"""What a training script is told: its arguments and variables, as AWS's toolkits make them of /opt/ml/input/config.

sagemaker-containers 2.8.6.post2 (sagemaker_containers/_env.py, _mapping.py) and sagemaker-training 4.8.0
(sagemaker_training/environment.py, mapping.py, process.py); which of them an image has is in `images`.
tests/integration/toolkits runs both packages on the same files and compares.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from localcloud.sagemaker.images import TRAINING, ImageFacts

PROGRAM, SOURCE = "sagemaker_program", "sagemaker_submit_directory"
_LOG_LEVEL, _JOB_NAME, _REGION = "sagemaker_container_log_level", "sagemaker_job_name", "sagemaker_region"
_PREFIX = "sagemaker_"
_OF_THE_TOOLKIT = (  # params.SAGEMAKER_HYPERPARAMETERS
    *(PROGRAM, SOURCE, _LOG_LEVEL, _JOB_NAME, _REGION, "sagemaker_s3_output", "sagemaker_enable_cloudwatch_metrics"),
    *("default_user_module_name", "_tuning_objective_metric"),
)
_DISTRIBUTIONS = (  # any of them on: environment.get_distribution_instance_groups_from_resource_config
    *("sagemaker_mpi_enabled", "sagemaker_parameter_server_enabled", "sagemaker_distributed_dataparallel_enabled"),
    *("sagemaker_pytorch_ddp_enabled", "sagemaker_pytorch_xla_multi_worker_enabled"),
    *("sagemaker_multi_worker_mirrored_strategy_enabled", "sagemaker_torch_distributed_enabled"),
)
_INFO = 20  # logging.INFO


def decoded(hyperparameters: Mapping[str, str]) -> dict[str, Any]:
    """Hyperparameters of a request as the toolkits read them: each value is JSON, or itself where it is none."""
    return {name: _decoded(value) for name, value in hyperparameters.items()}


def _decoded(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


def words(values: Mapping[str, Any]) -> list[str]:
    """Command-line words of decoded hyperparameters, sorted by name (mapping.to_cmd_args)."""
    found = []
    for name in sorted(values):
        found.append((f"--{name}" if len(name) > 1 else f"-{name}") if name else "")
        value = values[name]
        if isinstance(value, dict):
            found.append(",".join(f"{key}={item}" for key, item in sorted(value.items())))
        else:
            found.append("" if value is None else str(value))
    return found


def variables(values: Mapping[str, Any]) -> dict[str, str]:
    """``SM_NAME`` variables of a mapping: text as it is, nothing for None, all else as JSON (mapping.to_env_vars)."""
    return {f"SM_{name.upper()}" if name else "": _text(value) for name, value in values.items()}


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, separators=(",", ":"))


@dataclass(frozen=True)
class TrainingEnvironment:
    """One training job as its toolkit sees it.

    Attributes:
        image: what the job's image runs.
        root: the path of /opt/ml.
        hyperparameters: hyperparameters.json, all values text.
        resource_config, input_data_config: the files of that name.
        job_name, region: of the job.
    """

    image: ImageFacts
    root: str
    hyperparameters: Mapping[str, str]
    resource_config: Mapping[str, Any]
    input_data_config: Mapping[str, Any]
    job_name: str
    region: str

    @property
    def all(self) -> dict[str, Any]:
        """Every hyperparameter, decoded."""
        return decoded(self.hyperparameters)

    @property
    def user(self) -> dict[str, Any]:
        """Those that are the script's."""
        return {name: value for name, value in self.all.items() if not _of_sagemaker(name)}

    @property
    def program(self) -> str | None:
        """The script."""
        found = self.all.get(PROGRAM)
        return None if found is None else str(found)

    @property
    def arguments(self) -> list[str]:
        """What follows the script on its command line."""
        found = words(self.user)
        if found and self.image.training == TRAINING:
            # process.check_error: meant for shell scripts, done to the last word of every command
            found[-1] = found[-1].strip('"')
        return found

    @property
    def variables(self) -> dict[str, str]:
        """Everything that the toolkit adds to the script's environment, but for PYTHONPATH."""
        given, user, members = self.all, self.user, self._members
        told = {name: members[name] for name in members if name not in _NO_VARIABLES}
        told["hps"], told["framework_params"] = user, members["additional_framework_parameters"]
        told["channels"] = sorted(self.input_data_config)
        told["training_env"], told["user_args"] = members, words(user)
        for name, path in members["channel_input_dirs"].items():
            told[f"channel_{name}"] = path
        for name, value in user.items():
            told[f"hp_{name}"] = value
        return {
            "SAGEMAKER_JOB_NAME": str(given.get(_JOB_NAME, "")),
            "CURRENT_HOST": self.resource_config["current_host"],
            "SAGEMAKER_REGION": str(given.get(_REGION, self.region)),
            **variables(told),
        }

    @property
    def _members(self) -> dict[str, Any]:
        """Properties of the toolkit's environment, by its names: SM_TRAINING_ENV."""
        root, given, program = self.root, self.all, self.program
        members = {
            "additional_framework_parameters": {
                name: value for name, value in given.items() if _of_sagemaker(name) and name not in _OF_THE_TOOLKIT
            },
            "channel_input_dirs": {name: f"{root}/input/data/{name}" for name in self.input_data_config},
            "current_host": self.resource_config["current_host"],
            "framework_module": self.image.training_module,
            "hosts": self.resource_config["hosts"],
            "hyperparameters": self.user,
            "input_config_dir": f"{root}/input/config",
            "input_data_config": self.input_data_config,
            "input_dir": f"{root}/input",
            "is_master": self.resource_config["current_host"] == self.resource_config["hosts"][0],
            "job_name": self.job_name,
            "log_level": given.get(_LOG_LEVEL, _INFO),
            "master_hostname": self.resource_config["hosts"][0],
            "model_dir": f"{root}/model",
            "module_dir": str(given.get(SOURCE, f"{root}/code")),
            "module_name": str(program).removesuffix(".py"),
            "network_interface_name": self.resource_config.get("network_interface_name", "eth0"),
            "num_cpus": os.cpu_count(),
            "num_gpus": 0,
            "output_data_dir": f"{root}/output/data",
            "output_dir": f"{root}/output",
            "output_intermediate_dir": f"{root}/output/intermediate",
            "resource_config": self.resource_config,
            "user_entry_point": program,
        }
        return {**members, **self._groups(members)} if self.image.training == TRAINING else members

    def _groups(self, members: dict[str, Any]) -> dict[str, Any]:
        """What the newer toolkit knows besides: instance groups and ways to distribute."""
        groups = self.resource_config.get("instance_groups", [])
        current = self.resource_config.get("current_group_name", "homogeneousCluster")
        framework = members["additional_framework_parameters"]
        distributed = framework.get(
            "sagemaker_distribution_instance_groups",
            [current] if any(framework.get(name) for name in _DISTRIBUTIONS) else [],
        )
        hosts = [host for group in groups if group["instance_group_name"] in distributed for host in group["hosts"]]
        if not groups:
            hosts = self.resource_config["hosts"]
        master = (hosts or self.resource_config["hosts"])[0]
        return {
            "master_hostname": master,
            "is_master": members["current_host"] == master,
            "current_instance_group": current,
            "current_instance_group_hosts": next(
                (group["hosts"] for group in groups if group["instance_group_name"] == current), []
            ),
            "current_instance_type": self.resource_config.get("current_instance_type", "local"),
            "distribution_hosts": hosts,
            "distribution_instance_groups": distributed,
            "instance_groups": [group["instance_group_name"] for group in groups],
            "instance_groups_dict": {group["instance_group_name"]: group for group in groups},
            "is_hetero": len(groups) > 1,
            "is_modelparallel_enabled": None,
            "is_smddpmprun_installed": False,
            "is_smddprun_installed": False,
            "num_neurons": 0,
        }


# members without a variable of their own: to_env_vars names those that have one
_NO_VARIABLES = frozenset(
    {
        *("additional_framework_parameters", "channel_input_dirs", "hyperparameters", "is_master", "job_name"),
        *("master_hostname", "distribution_hosts", "is_modelparallel_enabled", "is_smddpmprun_installed"),
        "is_smddprun_installed",
    }
)


def _of_sagemaker(name: str) -> bool:
    return name.startswith(_PREFIX) or name in _OF_THE_TOOLKIT
