//! The closed sets of the schema.

text_enum! {
    /// What kind of app it is; decides which routes and which engine serve it.
    AppMode {
        Completion => "completion",
        Workflow => "workflow",
        Chat => "chat",
        AdvancedChat => "advanced-chat",
        AgentChat => "agent-chat",
        Channel => "channel",
        RagPipeline => "rag-pipeline",
    }
}

impl AppMode {
    /// Modes with conversations.
    pub const fn is_chat_family(self) -> bool {
        matches!(self, Self::Chat | Self::AdvancedChat | Self::AgentChat)
    }

    /// Modes configured by a `workflows` row.
    pub const fn is_workflow(self) -> bool {
        matches!(self, Self::Workflow | Self::AdvancedChat)
    }

    /// Modes configured by an `app_model_configs` row.
    pub const fn is_easy(self) -> bool {
        matches!(self, Self::Chat | Self::AgentChat | Self::Completion)
    }
}

text_enum! {
    /// Where a generation was asked for.
    InvokeFrom {
        ServiceApi => "service-api",
        WebApp => "web-app",
        Explore => "explore",
        Debugger => "debugger",
        Trigger => "trigger",
    }
}

text_enum! {
    /// Whose side a conversation or message comes from.
    FromSource {
        /// An end user, through the Service or the Web API.
        Api => "api",
        /// An account, through the Console.
        Console => "console",
    }
}

impl InvokeFrom {
    /// The side this origin belongs to.
    pub const fn source(self) -> FromSource {
        match self {
            Self::ServiceApi | Self::WebApp | Self::Trigger | Self::Unknown => FromSource::Api,
            Self::Explore | Self::Debugger => FromSource::Console,
        }
    }
}

text_enum! {
    MessageStatus {
        Normal => "normal",
        Error => "error",
        Paused => "paused",
    }
}

text_enum! {
    AccountStatus {
        Pending => "pending",
        Uninitialized => "uninitialized",
        Active => "active",
        Banned => "banned",
        Closed => "closed",
    }
}

text_enum! {
    TenantStatus {
        Normal => "normal",
        Archive => "archive",
    }
}

text_enum! {
    /// A member's role in a workspace.
    Role {
        Owner => "owner",
        Admin => "admin",
        Editor => "editor",
        Normal => "normal",
        DatasetOperator => "dataset_operator",
    }
}

text_enum! {
    EndUserType {
        ServiceApi => "service-api",
        Browser => "browser",
        Mcp => "mcp",
        Trigger => "trigger",
    }
}

text_enum! {
    ApiTokenType {
        App => "app",
        Dataset => "dataset",
    }
}

text_enum! {
    /// Who made a row: a member or an end user.
    CreatorRole {
        Account => "account",
        EndUser => "end_user",
    }
}

text_enum! {
    Rating {
        Like => "like",
        Dislike => "dislike",
    }
}

text_enum! {
    FileType {
        Image => "image",
        Document => "document",
        Audio => "audio",
        Video => "video",
        Custom => "custom",
    }
}

text_enum! {
    FileTransferMethod {
        RemoteUrl => "remote_url",
        LocalFile => "local_file",
        ToolFile => "tool_file",
        DatasourceFile => "datasource_file",
    }
}

text_enum! {
    IconType {
        Emoji => "emoji",
        Image => "image",
        Link => "link",
    }
}
