"""What concerns the deployment as a whole: names, place, network, what is kept, who pays."""

from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from settings.base import Section

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
LOG_RETENTION_DAYS = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip


class Deployment(Section):
    """Where, under which names, for how long, for whom."""

    # --- where and under which names -------------------------------------------------------------------------
    prefix: str = Field(
        "mlref",
        pattern=r"^[a-z][a-z0-9]{1,19}$",
        description="Starts the names of the stacks: a lower-case letter, then letters or digits",
    )
    account: str | None = Field(
        None, pattern=r"^\d{12}$", description="AWS account to deploy to; by default that of the credentials"
    )
    region: str | None = Field(
        None,
        pattern=r"^[a-z]{2,4}(-[a-z]+)+-\d$",
        description="AWS region to deploy to; by default that of the credentials",
    )
    database: str = Field(
        "mlref_lake", pattern=r"^[a-z][a-z0-9_]{0,63}$", description="Name of the Glue database (as Athena allows it)"
    )

    # --- what an organisation asks for ---------------------------------------------------------------------------
    permissions_boundary: str | None = Field(
        None,
        pattern=r"^[\w+=,.@-]{1,128}$",
        description="Name of the managed policy that bounds every role; cdk bootstrap has its own option for its roles",
    )
    # https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html has the characters that every service takes;
    # a value has one at least, by the schema of AWS::CloudWatch::Alarm
    tags: str | None = Field(
        None,
        pattern=r"^[\w.:/+@-]+=[\w .:/+@-]+(,[\w.:/+@-]+=[\w .:/+@-]+)*$",
        max_length=1000,
        description="Tags of every resource beside project, such as owner=me,cost-center=42",
    )
    # Of a network its interface endpoints and its key cost money, by the hour: docs/architectures/network.md
    network: Literal["aws", "isolated"] = Field(
        "aws",
        description="Where jobs, crawlers and models run: in the services' own network, or in a VPC without a way out",
    )
    # Interface endpoints, and some instance types, are not in every zone: doctor cannot tell, EC2's
    # DescribeVpcEndpointServices can (https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html).
    zones: str | None = Field(
        None,
        pattern=r"^[a-z]{2,4}(-[a-z]+)+-\d[a-z],[a-z]{2,4}(-[a-z]+)+-\d[a-z]$",
        description="The two availability zones of network=isolated, such as us-east-1b,us-east-1d; by default the "
        "region's first two",
    )

    # --- what is kept ----------------------------------------------------------------------------------------
    keep_data: bool = Field(
        False, description="First of two keys: keep the lake and its KMS key when the stacks are destroyed"
    )
    removal_policy: Literal["destroy", "retain"] = Field(
        "destroy",
        description="Second of two keys; must agree with keep_data, so that no slip decides over data",
    )
    noncurrent_days: int = Field(
        30, ge=1, le=3650, description="Days to keep overwritten and deleted objects before they expire"
    )
    query_result_days: int = Field(7, ge=1, le=3650, description="Days to keep Athena's query results")
    log_retention_days: int = Field(30, description="Days to keep CloudWatch logs")

    # --- people and money ------------------------------------------------------------------------------------
    alarm_email: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9._%+-]+@([A-Za-z0-9-]+\.)+[A-Za-z]{2,}$",
        max_length=50,
        description="Who gets alarms and budget warnings",
    )
    budget_usd: float | None = Field(
        None, gt=0, le=1_000_000, description="Monthly budget; a mail is sent at 80 % and when 100 % is forecast"
    )

    @field_validator("log_retention_days")
    @classmethod
    def _known_retention(cls, value: int) -> int:
        if value not in LOG_RETENTION_DAYS:
            raise ValueError(f"CloudWatch Logs keeps logs for one of {', '.join(map(str, LOG_RETENTION_DAYS))} days")
        return value

    @field_validator("tags")
    @classmethod
    def _free_tags(cls, value: str | None) -> str | None:
        names = [tag.partition("=")[0] for tag in (value or "").split(",")]
        if "project" in names or any(name.startswith("aws:") for name in names):
            raise ValueError("project and what begins with aws: are taken")
        if len(set(names)) < len(names):
            raise ValueError("a tag is there twice")
        return value

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.keep_data != (self.removal_policy == "retain"):
            raise ValueError(
                "keep_data and removal_policy disagree: to keep data set keep_data=true and removal_policy=retain, "
                "to let destroy remove it set keep_data=false and removal_policy=destroy"
            )
        if self.budget_usd is not None and self.alarm_email is None:
            raise ValueError("budget_usd would warn nobody: set alarm_email too, or remove budget_usd")
        if self.zones is not None:
            self._check_zones(*self.zones.split(","))
        if self.account is not None and self.region is None:
            raise ValueError("region is missing: with account set, set region too, or remove account")
        return self

    def _check_zones(self, first: str, second: str) -> None:
        if self.network != "isolated":
            raise ValueError("zones is for network=isolated only: remove it, or set network=isolated")
        if first == second:
            raise ValueError(f"zones has {first} twice: give two, such as {first[:-1]}a,{first[:-1]}b")
        if not first[:-1] == second[:-1] == (self.region or first[:-1]):
            raise ValueError(f"zones {self.zones} are not of one region{f', {self.region}' if self.region else ''}")

    @property
    def all_tags(self) -> dict[str, str]:
        """What every resource is tagged with: the project, and the owner's tags."""
        own = (tag.partition("=") for tag in (self.tags or "").split(",") if tag)
        return {"project": self.prefix} | {name: value for name, _, value in own}
