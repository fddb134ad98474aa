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

text_enum! {
    /// Where a dataset's contents are.
    DatasetProvider {
        /// In this installation.
        Vendor => "vendor",
        /// Behind an external knowledge API.
        External => "external",
    }
}

text_enum! {
    /// Who may see a dataset.
    DatasetPermission {
        OnlyMe => "only_me",
        AllTeamMembers => "all_team_members",
        PartialMembers => "partial_members",
    }
}

text_enum! {
    /// How a dataset is indexed.
    IndexingTechnique {
        /// By vectors.
        HighQuality => "high_quality",
        /// By keywords.
        Economy => "economy",
    }
}

text_enum! {
    /// Where a document comes from.
    DataSourceType {
        UploadFile => "upload_file",
        NotionImport => "notion_import",
        WebsiteCrawl => "website_crawl",
        LocalFile => "local_file",
        OnlineDocument => "online_document",
        OnlineDrive => "online_drive",
    }
}

text_enum! {
    /// How far a document has come.
    IndexingStatus {
        Waiting => "waiting",
        Parsing => "parsing",
        Cleaning => "cleaning",
        Splitting => "splitting",
        Indexing => "indexing",
        Completed => "completed",
        Error => "error",
    }
}

impl IndexingStatus {
    /// Between the first step and the last: what can be paused.
    pub const UNDER_WAY: [Self; 4] = [Self::Parsing, Self::Cleaning, Self::Splitting, Self::Indexing];
}

text_enum! {
    /// How far a segment has come.
    SegmentStatus {
        Waiting => "waiting",
        Indexing => "indexing",
        Completed => "completed",
        Error => "error",
        /// Of a document that is about to be split anew.
        ReSegment => "re_segment",
    }
}

text_enum! {
    /// What the segments of a document are.
    DocForm {
        Text => "text_model",
        /// Questions with answers.
        Qa => "qa_model",
        /// Parents that are found by their children.
        Hierarchical => "hierarchical_model",
    }
}

text_enum! {
    ChildChunkType {
        Automatic => "automatic",
        /// Written or changed by a person.
        Customized => "customized",
    }
}

text_enum! {
    MetadataType {
        String => "string",
        Number => "number",
        /// Unix seconds.
        Time => "time",
    }
}
