"""`ScheduledVirtualMachine`: a machine that is ready for a maintenance configuration from its first minute.

It makes the machine, its network interface and, if wanted, the Application Health extension. It makes no subnet and
no schedule.
"""

from typing import NotRequired, TypedDict, cast

import pulumi
from pulumi_azure_native import compute, network

from patching.faults import NOTHING, Fault
from patching.machines import SCHEDULED, OperatingSystem
from patching.scopes import location_key
from patching.settings.entries import VirtualMachineEntry

from .declaring import checked, component_options, component_type, when_known


class ImageArgs(TypedDict):
    """A marketplace image."""

    publisher: pulumi.Input[str]
    """Who publishes it, such as `Canonical`."""
    offer: pulumi.Input[str]
    """The publisher's product."""
    sku: pulumi.Input[str]
    """The product's edition."""
    version: NotRequired[pulumi.Input[str]]
    """A version, or `latest`, the default: the newest when the machine is made."""


class HealthProbeArgs(TypedDict):
    """How the Application Health extension asks whether the machine's application is well."""

    protocol: pulumi.Input[str]
    """`http`, `https` or `tcp`."""
    port: NotRequired[pulumi.Input[int]]
    """The port to ask at; needed with tcp."""
    path: NotRequired[pulumi.Input[str]]
    """The path to ask for, with http and https."""


class ScheduledVirtualMachineArgs(TypedDict):
    """What `ScheduledVirtualMachine` takes."""

    resource_group_name: pulumi.Input[str]
    """The resource group the machine is made in."""
    os: str
    """`Linux` or `Windows`."""
    size: pulumi.Input[str]
    """The machine's size, such as `Standard_B2s`."""
    image: ImageArgs
    """The marketplace image it is made from."""
    subnet_id: pulumi.Input[str]
    """The ARM id of the subnet its network interface is in."""
    admin_username: pulumi.Input[str]
    """The administrator's name."""
    ssh_public_key: NotRequired[pulumi.Input[str]]
    """The administrator's public key; needed on Linux, where no password is accepted."""
    admin_password: NotRequired[pulumi.Input[str]]
    """The administrator's password; needed on Windows. It is kept as a secret whether it is given as one or not."""
    machine_name: NotRequired[pulumi.Input[str]]
    """The machine's name in Azure and its computer name; the component's name without it."""
    location: NotRequired[pulumi.Input[str]]
    """Where the machine is; the resource group's location without it."""
    health_probe: NotRequired[HealthProbeArgs]
    """Adds the Application Health extension."""
    tags: NotRequired[dict[str, pulumi.Input[str]]]
    """Tags of the machine and of what belongs to it."""


class ScheduledVirtualMachine(pulumi.ComponentResource):
    """A virtual machine with "Customer Managed Schedules": patched by schedules only, and assessed every day.

    That is patch mode AutomaticByPlatform with the platform's safety checks bypassed on the user's schedule, and
    assessment mode AutomaticByPlatform.
    """

    name: pulumi.Output[str]
    """The machine's name."""
    resource_id: pulumi.Output[str]
    """The machine's ARM id."""

    def __init__(
        self, name: str, args: ScheduledVirtualMachineArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declares the machine and what belongs to it.

        Raises:
            pulumi.RunError: the system is neither Linux nor Windows, or its way to log in is missing.
        """
        super().__init__(component_type(ScheduledVirtualMachine), name, None, component_options(opts))
        args = cast(
            "ScheduledVirtualMachineArgs",
            checked(f'ScheduledVirtualMachine "{name}"', VirtualMachineEntry, args, _FIELDS, _faults(args)),
        )
        machine_name = args.get("machine_name", name)
        machine = compute.VirtualMachine(
            f"{name}-vm",
            compute.VirtualMachineArgs(
                vm_name=machine_name,
                resource_group_name=args["resource_group_name"],
                location=args.get("location"),
                hardware_profile=compute.HardwareProfileArgs(vm_size=args["size"]),
                storage_profile=_storage(machine_name, args["image"]),
                os_profile=_os_profile(machine_name, args),
                network_profile=_network(self._network_interface(name, machine_name, args)),
                tags=args.get("tags"),
            ),
            # A machine cannot move. Nothing else replaces one: what Azure cannot change in place, it refuses.
            pulumi.ResourceOptions(parent=self, replace_on_changes=["location"], delete_before_replace=True),
        )
        if probe := args.get("health_probe"):
            self._health_extension(name, machine, args, probe)
        self.name = machine.name
        self.resource_id = machine.id
        self.register_outputs({"name": self.name, "resourceId": self.resource_id})

    def _network_interface(
        self, name: str, machine_name: pulumi.Input[str], args: ScheduledVirtualMachineArgs
    ) -> "network.NetworkInterface":
        location = args.get("location")
        suffix = "" if location is None else pulumi.Output.concat("-", when_known(location, location_key))
        return network.NetworkInterface(
            f"{name}-nic",
            network.NetworkInterfaceArgs(
                network_interface_name=pulumi.Output.concat("nic-", machine_name, suffix),
                resource_group_name=args["resource_group_name"],
                location=location,
                ip_configurations=[
                    network.NetworkInterfaceIPConfigurationArgs(
                        name="primary",
                        primary=True,
                        private_ip_allocation_method=network.IPAllocationMethod.DYNAMIC,
                        subnet=network.SubnetArgs(id=args["subnet_id"]),
                    )
                ],
                tags=args.get("tags"),
            ),
            # The name has the location: where the machine moves, the new interface is there before the old one goes,
            # which Azure does not delete while the old machine has it.
            pulumi.ResourceOptions(parent=self, delete_before_replace=False),
        )

    def _health_extension(
        self, name: str, machine: "compute.VirtualMachine", args: ScheduledVirtualMachineArgs, probe: HealthProbeArgs
    ) -> None:
        extension = f"ApplicationHealth{args['os']}"
        settings = {"protocol": probe["protocol"], "port": probe.get("port"), "requestPath": probe.get("path")}
        compute.VirtualMachineExtension(
            f"{name}-health",
            compute.VirtualMachineExtensionArgs(
                vm_extension_name=extension,
                vm_name=machine.name,
                resource_group_name=args["resource_group_name"],
                location=args.get("location"),
                publisher="Microsoft.ManagedServices",
                type=extension,
                type_handler_version="1.0",
                auto_upgrade_minor_version=True,
                settings={key: value for key, value in settings.items() if value is not None},
                tags=args.get("tags"),
            ),
            pulumi.ResourceOptions(parent=self),
        )


def _storage(machine_name: pulumi.Input[str], image: ImageArgs) -> "compute.StorageProfileArgs":
    return compute.StorageProfileArgs(
        image_reference=compute.ImageReferenceArgs(
            publisher=image["publisher"], offer=image["offer"], sku=image["sku"], version=image.get("version", "latest")
        ),
        os_disk=compute.OSDiskArgs(
            # Named, or the service makes a name up.
            name=pulumi.Output.concat("osdisk-", machine_name),
            create_option=compute.DiskCreateOptionTypes.FROM_IMAGE,
            delete_option=compute.DiskDeleteOptionTypes.DELETE,
            caching=compute.CachingTypes.READ_WRITE,
            managed_disk=compute.ManagedDiskParametersArgs(
                storage_account_type=compute.StorageAccountTypes.STANDARD_SS_D_LRS
            ),
        ),
    )


def _network(interface: "network.NetworkInterface") -> "compute.NetworkProfileArgs":
    return compute.NetworkProfileArgs(
        network_interfaces=[compute.NetworkInterfaceReferenceArgs(id=interface.id, primary=True)]
    )


def _os_profile(machine_name: pulumi.Input[str], args: ScheduledVirtualMachineArgs) -> "compute.OSProfileArgs":
    windows = args["os"] == OperatingSystem.WINDOWS
    password = args.get("admin_password") if windows else None
    return compute.OSProfileArgs(
        computer_name=machine_name,
        admin_username=args["admin_username"],
        admin_password=None if password is None else pulumi.Output.secret(password),
        allow_extension_operations=True,
        linux_configuration=None if windows else _linux(args),
        windows_configuration=_windows() if windows else None,
    )


def _linux(args: ScheduledVirtualMachineArgs) -> "compute.LinuxConfigurationArgs":
    scheduled = SCHEDULED[OperatingSystem.LINUX]
    return compute.LinuxConfigurationArgs(
        disable_password_authentication=True,
        provision_vm_agent=scheduled.agent,
        ssh=compute.SshConfigurationArgs(
            public_keys=[
                compute.SshPublicKeyArgs(
                    path=pulumi.Output.concat("/home/", args["admin_username"], "/.ssh/authorized_keys"),
                    key_data=args.get("ssh_public_key"),
                )
            ]
        ),
        patch_settings=compute.LinuxPatchSettingsArgs(
            patch_mode=compute.LinuxVMGuestPatchMode(scheduled.patch_mode),
            assessment_mode=compute.LinuxPatchAssessmentMode(scheduled.assessment_mode),
            automatic_by_platform_settings=compute.LinuxVMGuestPatchAutomaticByPlatformSettingsArgs(
                bypass_platform_safety_checks_on_user_schedule=scheduled.bypass
            ),
        ),
    )


def _windows() -> "compute.WindowsConfigurationArgs":
    """Hotpatching is left at the service's default, off: it cannot be combined with the bypass flag."""
    scheduled = SCHEDULED[OperatingSystem.WINDOWS]
    return compute.WindowsConfigurationArgs(
        provision_vm_agent=scheduled.agent,
        enable_automatic_updates=scheduled.automatic_updates,
        patch_settings=compute.PatchSettingsArgs(
            patch_mode=compute.WindowsVMGuestPatchMode(scheduled.patch_mode),
            assessment_mode=compute.WindowsPatchAssessmentMode(scheduled.assessment_mode),
            automatic_by_platform_settings=compute.WindowsVMGuestPatchAutomaticByPlatformSettingsArgs(
                bypass_platform_safety_checks_on_user_schedule=scheduled.bypass
            ),
        ),
    )


_FIELDS = {
    field: field
    for field in (
        "os",
        "size",
        "image",
        "subnet_id",
        "location",
        "admin_username",
        "ssh_public_key",
        "health_probe",
        "tags",
    )
}


def _faults(args: ScheduledVirtualMachineArgs) -> list[Fault]:
    """What is missing to log in; whether the system is one at all is judged elsewhere."""
    match args["os"]:
        case OperatingSystem.LINUX:
            field, expected = "ssh_public_key", "the administrator's public key, because Linux takes no password"
        case OperatingSystem.WINDOWS:
            field, expected = "admin_password", "the administrator's password, as a secret"
        case _:
            return []
    return [] if args.get(field) is not None else [Fault(field, NOTHING, expected, "", f"set {field}")]
