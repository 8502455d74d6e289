"""What the local Azure leaves out of Azure Policy, role assignments and remediation: for the documentation."""

NOT_MODELLED = (
    "Custom policy definitions and initiatives; of the built-in ones there are those of Azure Update Manager only.",
    "Members of the initiative 'Enable Essential Machine Management' other than those of Azure Update Manager.",
    "Images that the definitions name beyond the families in sandbox.arm.policy.images (mostly appliances).",
    "Older versions of a definition: a pinned version is checked, shown, and evaluated as the newest.",
    "Policy exemptions, attestations, policy events and their history: compliance is evaluated when it is asked for.",
    "The delay of Azure's evaluation cycle, and of the replication of identities (that of roles is a quirk).",
    "Defender for Cloud's assessments: no machine has a healthy one.",
    "Selectors by user, group or rollout percentage; overrides of the definition version.",
    "$apply and comparisons other than eq and ne in queries over policy states.",
    "Custom roles, role conditions, deny assignments; the caller of the local Azure may do everything.",
    "The names of the assignments that the schedule policy makes: they differ from Azure's.",
    "At most 200 policy assignments for a scope, and at most 100 remediations at a time in a tenant.",
    "The failure of a gallery image's remediation where the identity may not read the gallery.",
)
