//! The tables as Diesel sees them, in the order of the migrations. A test compares this file with a migrated database.

diesel::table! {
    accounts (id) {
        id -> Uuid,
        name -> Varchar,
        email -> Varchar,
        password -> Nullable<Varchar>,
        password_salt -> Nullable<Varchar>,
        avatar -> Nullable<Varchar>,
        interface_language -> Nullable<Varchar>,
        interface_theme -> Nullable<Varchar>,
        timezone -> Nullable<Varchar>,
        last_login_at -> Nullable<Timestamp>,
        last_login_ip -> Nullable<Varchar>,
        last_active_at -> Timestamp,
        status -> Varchar,
        initialized_at -> Nullable<Timestamp>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    tenants (id) {
        id -> Uuid,
        name -> Varchar,
        encrypt_public_key -> Nullable<Text>,
        plan -> Varchar,
        status -> Varchar,
        custom_config -> Nullable<Text>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    tenant_account_joins (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        account_id -> Uuid,
        current -> Bool,
        role -> Varchar,
        invited_by -> Nullable<Uuid>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    account_integrates (id) {
        id -> Uuid,
        account_id -> Uuid,
        provider -> Varchar,
        open_id -> Varchar,
        encrypted_token -> Varchar,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    account_plugin_permissions (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        install_permission -> Varchar,
        debug_permission -> Varchar,
    }
}

diesel::table! {
    tenant_plugin_auto_upgrade_strategies (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        strategy_setting -> Varchar,
        upgrade_mode -> Varchar,
        exclude_plugins -> Json,
        include_plugins -> Json,
        upgrade_time_of_day -> Int4,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    dify_setups (version) {
        version -> Varchar,
        setup_at -> Timestamp,
    }
}

diesel::table! {
    apps (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        name -> Varchar,
        description -> Text,
        mode -> Varchar,
        icon_type -> Nullable<Varchar>,
        icon -> Nullable<Varchar>,
        icon_background -> Nullable<Varchar>,
        app_model_config_id -> Nullable<Uuid>,
        workflow_id -> Nullable<Uuid>,
        status -> Varchar,
        enable_site -> Bool,
        enable_api -> Bool,
        api_rpm -> Int4,
        api_rph -> Int4,
        is_demo -> Bool,
        is_public -> Bool,
        is_universal -> Bool,
        tracing -> Nullable<Text>,
        max_active_requests -> Nullable<Int4>,
        created_by -> Nullable<Uuid>,
        created_at -> Timestamp,
        updated_by -> Nullable<Uuid>,
        updated_at -> Timestamp,
        use_icon_as_answer_icon -> Bool,
    }
}

diesel::table! {
    app_model_configs (id) {
        id -> Uuid,
        app_id -> Uuid,
        provider -> Nullable<Varchar>,
        model_id -> Nullable<Varchar>,
        configs -> Nullable<Json>,
        created_by -> Nullable<Uuid>,
        created_at -> Timestamp,
        updated_by -> Nullable<Uuid>,
        updated_at -> Timestamp,
        opening_statement -> Nullable<Text>,
        suggested_questions -> Nullable<Text>,
        suggested_questions_after_answer -> Nullable<Text>,
        speech_to_text -> Nullable<Text>,
        text_to_speech -> Nullable<Text>,
        more_like_this -> Nullable<Text>,
        model -> Nullable<Text>,
        user_input_form -> Nullable<Text>,
        dataset_query_variable -> Nullable<Varchar>,
        pre_prompt -> Nullable<Text>,
        agent_mode -> Nullable<Text>,
        sensitive_word_avoidance -> Nullable<Text>,
        retriever_resource -> Nullable<Text>,
        prompt_type -> Varchar,
        chat_prompt_config -> Nullable<Text>,
        completion_prompt_config -> Nullable<Text>,
        dataset_configs -> Nullable<Text>,
        external_data_tools -> Nullable<Text>,
        file_upload -> Nullable<Text>,
    }
}

diesel::table! {
    sites (id) {
        id -> Uuid,
        app_id -> Uuid,
        title -> Varchar,
        icon_type -> Nullable<Varchar>,
        icon -> Nullable<Varchar>,
        icon_background -> Nullable<Varchar>,
        description -> Nullable<Text>,
        default_language -> Varchar,
        chat_color_theme -> Nullable<Varchar>,
        chat_color_theme_inverted -> Bool,
        copyright -> Nullable<Varchar>,
        privacy_policy -> Nullable<Varchar>,
        show_workflow_steps -> Bool,
        use_icon_as_answer_icon -> Bool,
        custom_disclaimer -> Text,
        customize_domain -> Nullable<Varchar>,
        customize_token_strategy -> Varchar,
        prompt_public -> Bool,
        status -> Varchar,
        created_by -> Nullable<Uuid>,
        created_at -> Timestamp,
        updated_by -> Nullable<Uuid>,
        updated_at -> Timestamp,
        code -> Nullable<Varchar>,
    }
}

diesel::table! {
    api_tokens (id) {
        id -> Uuid,
        app_id -> Nullable<Uuid>,
        tenant_id -> Nullable<Uuid>,
        #[sql_name = "type"]
        type_ -> Varchar,
        token -> Varchar,
        last_used_at -> Nullable<Timestamp>,
        created_at -> Timestamp,
    }
}

diesel::table! {
    app_dataset_joins (id) {
        id -> Uuid,
        app_id -> Uuid,
        dataset_id -> Uuid,
        created_at -> Timestamp,
    }
}

diesel::table! {
    installed_apps (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        app_id -> Uuid,
        app_owner_tenant_id -> Uuid,
        position -> Int4,
        is_pinned -> Bool,
        last_used_at -> Nullable<Timestamp>,
        created_at -> Timestamp,
    }
}

diesel::table! {
    recommended_apps (id) {
        id -> Uuid,
        app_id -> Uuid,
        description -> Json,
        copyright -> Varchar,
        privacy_policy -> Varchar,
        custom_disclaimer -> Text,
        category -> Varchar,
        position -> Int4,
        is_listed -> Bool,
        install_count -> Int4,
        language -> Varchar,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    exporle_banners (id) {
        id -> Uuid,
        content -> Json,
        link -> Varchar,
        sort -> Int4,
        status -> Varchar,
        created_at -> Timestamp,
        language -> Varchar,
    }
}

diesel::table! {
    tags (id) {
        id -> Uuid,
        tenant_id -> Nullable<Uuid>,
        #[sql_name = "type"]
        type_ -> Varchar,
        name -> Varchar,
        created_by -> Uuid,
        created_at -> Timestamp,
    }
}

diesel::table! {
    tag_bindings (id) {
        id -> Uuid,
        tenant_id -> Nullable<Uuid>,
        tag_id -> Nullable<Uuid>,
        target_id -> Nullable<Uuid>,
        created_by -> Uuid,
        created_at -> Timestamp,
    }
}

diesel::table! {
    end_users (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        app_id -> Nullable<Uuid>,
        #[sql_name = "type"]
        type_ -> Varchar,
        external_user_id -> Nullable<Varchar>,
        name -> Nullable<Varchar>,
        is_anonymous -> Bool,
        session_id -> Varchar,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    app_mcp_servers (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        app_id -> Uuid,
        name -> Varchar,
        description -> Varchar,
        server_code -> Varchar,
        status -> Varchar,
        parameters -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    app_annotation_settings (id) {
        id -> Uuid,
        app_id -> Uuid,
        score_threshold -> Float8,
        collection_binding_id -> Uuid,
        created_user_id -> Uuid,
        created_at -> Timestamp,
        updated_user_id -> Uuid,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    api_based_extensions (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        name -> Varchar,
        api_endpoint -> Varchar,
        api_key -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    trace_app_config (id) {
        id -> Uuid,
        app_id -> Uuid,
        tracing_provider -> Nullable<Varchar>,
        tracing_config -> Nullable<Json>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        is_active -> Bool,
    }
}

diesel::table! {
    conversations (id) {
        id -> Uuid,
        app_id -> Uuid,
        app_model_config_id -> Nullable<Uuid>,
        model_provider -> Nullable<Varchar>,
        override_model_configs -> Nullable<Text>,
        model_id -> Nullable<Varchar>,
        mode -> Varchar,
        name -> Varchar,
        summary -> Nullable<Text>,
        inputs -> Json,
        introduction -> Nullable<Text>,
        system_instruction -> Nullable<Text>,
        system_instruction_tokens -> Int4,
        status -> Varchar,
        invoke_from -> Nullable<Varchar>,
        from_source -> Varchar,
        from_end_user_id -> Nullable<Uuid>,
        from_account_id -> Nullable<Uuid>,
        read_at -> Nullable<Timestamp>,
        read_account_id -> Nullable<Uuid>,
        dialogue_count -> Int4,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        is_deleted -> Bool,
    }
}

diesel::table! {
    messages (id) {
        id -> Uuid,
        app_id -> Uuid,
        model_provider -> Nullable<Varchar>,
        model_id -> Nullable<Varchar>,
        override_model_configs -> Nullable<Text>,
        conversation_id -> Uuid,
        inputs -> Json,
        query -> Text,
        message -> Json,
        message_tokens -> Int4,
        message_unit_price -> Numeric,
        message_price_unit -> Numeric,
        answer -> Text,
        answer_tokens -> Int4,
        answer_unit_price -> Numeric,
        answer_price_unit -> Numeric,
        parent_message_id -> Nullable<Uuid>,
        provider_response_latency -> Float8,
        total_price -> Nullable<Numeric>,
        currency -> Varchar,
        status -> Varchar,
        error -> Nullable<Text>,
        message_metadata -> Nullable<Text>,
        invoke_from -> Nullable<Varchar>,
        from_source -> Varchar,
        from_end_user_id -> Nullable<Uuid>,
        from_account_id -> Nullable<Uuid>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        agent_based -> Bool,
        workflow_run_id -> Nullable<Uuid>,
        app_mode -> Nullable<Varchar>,
    }
}

diesel::table! {
    message_files (id) {
        id -> Uuid,
        message_id -> Uuid,
        #[sql_name = "type"]
        type_ -> Varchar,
        transfer_method -> Varchar,
        created_by_role -> Varchar,
        created_by -> Uuid,
        belongs_to -> Nullable<Varchar>,
        url -> Nullable<Text>,
        upload_file_id -> Nullable<Uuid>,
        created_at -> Timestamp,
    }
}

diesel::table! {
    message_feedbacks (id) {
        id -> Uuid,
        app_id -> Uuid,
        conversation_id -> Uuid,
        message_id -> Uuid,
        rating -> Varchar,
        from_source -> Varchar,
        content -> Nullable<Text>,
        from_end_user_id -> Nullable<Uuid>,
        from_account_id -> Nullable<Uuid>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    message_annotations (id) {
        id -> Uuid,
        app_id -> Uuid,
        conversation_id -> Nullable<Uuid>,
        message_id -> Nullable<Uuid>,
        question -> Text,
        content -> Text,
        hit_count -> Int4,
        account_id -> Uuid,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    app_annotation_hit_histories (id) {
        id -> Uuid,
        app_id -> Uuid,
        annotation_id -> Uuid,
        source -> Text,
        question -> Text,
        account_id -> Uuid,
        created_at -> Timestamp,
        score -> Float8,
        message_id -> Uuid,
        annotation_question -> Text,
        annotation_content -> Text,
    }
}

diesel::table! {
    message_agent_thoughts (id) {
        id -> Uuid,
        message_id -> Uuid,
        position -> Int4,
        created_by_role -> Varchar,
        created_by -> Uuid,
        message_chain_id -> Nullable<Uuid>,
        thought -> Nullable<Text>,
        tool -> Nullable<Text>,
        tool_labels_str -> Text,
        tool_meta_str -> Text,
        tool_input -> Nullable<Text>,
        observation -> Nullable<Text>,
        tool_process_data -> Nullable<Text>,
        message -> Nullable<Text>,
        message_token -> Nullable<Int4>,
        message_unit_price -> Nullable<Numeric>,
        message_price_unit -> Numeric,
        message_files -> Nullable<Text>,
        answer -> Nullable<Text>,
        answer_token -> Nullable<Int4>,
        answer_unit_price -> Nullable<Numeric>,
        answer_price_unit -> Numeric,
        tokens -> Nullable<Int4>,
        total_price -> Nullable<Numeric>,
        currency -> Nullable<Varchar>,
        latency -> Nullable<Float8>,
        created_at -> Timestamp,
    }
}

diesel::table! {
    saved_messages (id) {
        id -> Uuid,
        app_id -> Uuid,
        message_id -> Uuid,
        created_by_role -> Varchar,
        created_by -> Uuid,
        created_at -> Timestamp,
    }
}

diesel::table! {
    pinned_conversations (id) {
        id -> Uuid,
        app_id -> Uuid,
        conversation_id -> Uuid,
        created_by_role -> Varchar,
        created_by -> Uuid,
        created_at -> Timestamp,
    }
}

diesel::table! {
    workflows (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        app_id -> Uuid,
        #[sql_name = "type"]
        type_ -> Varchar,
        version -> Varchar,
        marked_name -> Varchar,
        marked_comment -> Varchar,
        graph -> Text,
        features -> Text,
        created_by -> Uuid,
        created_at -> Timestamp,
        updated_by -> Nullable<Uuid>,
        updated_at -> Timestamp,
        environment_variables -> Text,
        conversation_variables -> Text,
        rag_pipeline_variables -> Text,
    }
}

diesel::table! {
    workflow_runs (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        app_id -> Uuid,
        workflow_id -> Uuid,
        #[sql_name = "type"]
        type_ -> Varchar,
        triggered_from -> Varchar,
        version -> Varchar,
        graph -> Nullable<Text>,
        inputs -> Nullable<Text>,
        status -> Varchar,
        outputs -> Nullable<Text>,
        error -> Nullable<Text>,
        elapsed_time -> Float8,
        total_tokens -> Int8,
        total_steps -> Nullable<Int4>,
        created_by_role -> Varchar,
        created_by -> Uuid,
        created_at -> Timestamp,
        finished_at -> Nullable<Timestamp>,
        exceptions_count -> Nullable<Int4>,
    }
}

diesel::table! {
    workflow_node_executions (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        app_id -> Uuid,
        workflow_id -> Uuid,
        triggered_from -> Varchar,
        workflow_run_id -> Nullable<Uuid>,
        index -> Int4,
        predecessor_node_id -> Nullable<Varchar>,
        node_execution_id -> Nullable<Varchar>,
        node_id -> Varchar,
        node_type -> Varchar,
        title -> Varchar,
        inputs -> Nullable<Text>,
        process_data -> Nullable<Text>,
        outputs -> Nullable<Text>,
        status -> Varchar,
        error -> Nullable<Text>,
        elapsed_time -> Float8,
        execution_metadata -> Nullable<Text>,
        created_at -> Timestamp,
        created_by_role -> Varchar,
        created_by -> Uuid,
        finished_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    workflow_node_execution_offload (id) {
        id -> Uuid,
        created_at -> Timestamp,
        tenant_id -> Uuid,
        app_id -> Uuid,
        node_execution_id -> Nullable<Uuid>,
        #[sql_name = "type"]
        type_ -> Varchar,
        file_id -> Uuid,
    }
}

diesel::table! {
    workflow_app_logs (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        app_id -> Uuid,
        workflow_id -> Uuid,
        workflow_run_id -> Uuid,
        created_from -> Varchar,
        created_by_role -> Varchar,
        created_by -> Uuid,
        created_at -> Timestamp,
    }
}

diesel::table! {
    workflow_conversation_variables (id, conversation_id) {
        id -> Uuid,
        conversation_id -> Uuid,
        app_id -> Uuid,
        data -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    workflow_draft_variables (id) {
        id -> Uuid,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        app_id -> Uuid,
        last_edited_at -> Nullable<Timestamp>,
        node_id -> Varchar,
        name -> Varchar,
        description -> Varchar,
        selector -> Varchar,
        value_type -> Varchar,
        value -> Text,
        visible -> Bool,
        editable -> Bool,
        node_execution_id -> Nullable<Uuid>,
        file_id -> Nullable<Uuid>,
        is_default_value -> Bool,
    }
}

diesel::table! {
    workflow_draft_variable_files (id) {
        id -> Uuid,
        created_at -> Timestamp,
        tenant_id -> Uuid,
        app_id -> Uuid,
        user_id -> Uuid,
        upload_file_id -> Uuid,
        size -> Int8,
        length -> Nullable<Int4>,
        value_type -> Varchar,
    }
}

diesel::table! {
    workflow_pauses (id) {
        id -> Uuid,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        workflow_id -> Uuid,
        workflow_run_id -> Uuid,
        resumed_at -> Nullable<Timestamp>,
        state_object_key -> Varchar,
    }
}

diesel::table! {
    workflow_pause_reasons (id) {
        id -> Uuid,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        pause_id -> Uuid,
        type_ -> Varchar,
        form_id -> Varchar,
        message -> Varchar,
        node_id -> Varchar,
    }
}

diesel::table! {
    datasets (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        name -> Varchar,
        description -> Nullable<Text>,
        provider -> Varchar,
        permission -> Varchar,
        data_source_type -> Nullable<Varchar>,
        indexing_technique -> Nullable<Varchar>,
        index_struct -> Nullable<Text>,
        created_by -> Uuid,
        created_at -> Timestamp,
        updated_by -> Nullable<Uuid>,
        updated_at -> Timestamp,
        embedding_model -> Nullable<Varchar>,
        embedding_model_provider -> Nullable<Varchar>,
        keyword_number -> Nullable<Int4>,
        collection_binding_id -> Nullable<Uuid>,
        retrieval_model -> Nullable<Jsonb>,
        summary_index_setting -> Nullable<Jsonb>,
        built_in_field_enabled -> Bool,
        icon_info -> Nullable<Jsonb>,
        runtime_mode -> Nullable<Varchar>,
        pipeline_id -> Nullable<Uuid>,
        chunk_structure -> Nullable<Varchar>,
        enable_api -> Bool,
        is_multimodal -> Bool,
    }
}

diesel::table! {
    dataset_process_rules (id) {
        id -> Uuid,
        dataset_id -> Uuid,
        mode -> Varchar,
        rules -> Nullable<Text>,
        created_by -> Uuid,
        created_at -> Timestamp,
    }
}

diesel::table! {
    documents (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        dataset_id -> Uuid,
        position -> Int4,
        data_source_type -> Varchar,
        data_source_info -> Nullable<Text>,
        dataset_process_rule_id -> Nullable<Uuid>,
        batch -> Varchar,
        name -> Varchar,
        created_from -> Varchar,
        created_by -> Uuid,
        created_api_request_id -> Nullable<Uuid>,
        created_at -> Timestamp,
        processing_started_at -> Nullable<Timestamp>,
        file_id -> Nullable<Text>,
        word_count -> Nullable<Int4>,
        parsing_completed_at -> Nullable<Timestamp>,
        cleaning_completed_at -> Nullable<Timestamp>,
        splitting_completed_at -> Nullable<Timestamp>,
        tokens -> Nullable<Int4>,
        indexing_latency -> Nullable<Float8>,
        completed_at -> Nullable<Timestamp>,
        is_paused -> Nullable<Bool>,
        paused_by -> Nullable<Uuid>,
        paused_at -> Nullable<Timestamp>,
        error -> Nullable<Text>,
        stopped_at -> Nullable<Timestamp>,
        indexing_status -> Varchar,
        enabled -> Bool,
        disabled_at -> Nullable<Timestamp>,
        disabled_by -> Nullable<Uuid>,
        archived -> Bool,
        archived_reason -> Nullable<Varchar>,
        archived_by -> Nullable<Uuid>,
        archived_at -> Nullable<Timestamp>,
        updated_at -> Timestamp,
        doc_type -> Nullable<Varchar>,
        doc_metadata -> Nullable<Jsonb>,
        doc_form -> Varchar,
        doc_language -> Nullable<Varchar>,
        need_summary -> Bool,
    }
}

diesel::table! {
    document_segments (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        dataset_id -> Uuid,
        document_id -> Uuid,
        position -> Int4,
        content -> Text,
        answer -> Nullable<Text>,
        word_count -> Int4,
        tokens -> Int4,
        keywords -> Nullable<Json>,
        index_node_id -> Nullable<Varchar>,
        index_node_hash -> Nullable<Varchar>,
        hit_count -> Int4,
        enabled -> Bool,
        disabled_at -> Nullable<Timestamp>,
        disabled_by -> Nullable<Uuid>,
        status -> Varchar,
        created_by -> Uuid,
        created_at -> Timestamp,
        updated_by -> Nullable<Uuid>,
        updated_at -> Timestamp,
        indexing_at -> Nullable<Timestamp>,
        completed_at -> Nullable<Timestamp>,
        error -> Nullable<Text>,
        stopped_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    child_chunks (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        dataset_id -> Uuid,
        document_id -> Uuid,
        segment_id -> Uuid,
        position -> Int4,
        content -> Text,
        word_count -> Int4,
        index_node_id -> Nullable<Varchar>,
        index_node_hash -> Nullable<Varchar>,
        #[sql_name = "type"]
        type_ -> Varchar,
        created_by -> Uuid,
        created_at -> Timestamp,
        updated_by -> Nullable<Uuid>,
        updated_at -> Timestamp,
        indexing_at -> Nullable<Timestamp>,
        completed_at -> Nullable<Timestamp>,
        error -> Nullable<Text>,
    }
}

diesel::table! {
    dataset_keyword_tables (id) {
        id -> Uuid,
        dataset_id -> Uuid,
        keyword_table -> Text,
        data_source_type -> Varchar,
    }
}

diesel::table! {
    dataset_collection_bindings (id) {
        id -> Uuid,
        provider_name -> Varchar,
        model_name -> Varchar,
        #[sql_name = "type"]
        type_ -> Varchar,
        collection_name -> Varchar,
        created_at -> Timestamp,
    }
}

diesel::table! {
    dataset_permissions (id) {
        id -> Uuid,
        dataset_id -> Uuid,
        account_id -> Uuid,
        tenant_id -> Uuid,
        has_permission -> Bool,
        created_at -> Timestamp,
    }
}

diesel::table! {
    dataset_queries (id) {
        id -> Uuid,
        dataset_id -> Uuid,
        content -> Text,
        source -> Varchar,
        source_app_id -> Nullable<Uuid>,
        created_by_role -> Varchar,
        created_by -> Uuid,
        created_at -> Timestamp,
    }
}

diesel::table! {
    dataset_metadatas (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        dataset_id -> Uuid,
        #[sql_name = "type"]
        type_ -> Varchar,
        name -> Varchar,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        created_by -> Uuid,
        updated_by -> Nullable<Uuid>,
    }
}

diesel::table! {
    dataset_metadata_bindings (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        dataset_id -> Uuid,
        metadata_id -> Uuid,
        document_id -> Uuid,
        created_at -> Timestamp,
        created_by -> Uuid,
    }
}

diesel::table! {
    external_knowledge_apis (id) {
        id -> Uuid,
        name -> Varchar,
        description -> Varchar,
        tenant_id -> Uuid,
        settings -> Nullable<Text>,
        created_by -> Uuid,
        created_at -> Timestamp,
        updated_by -> Nullable<Uuid>,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    external_knowledge_bindings (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        external_knowledge_api_id -> Uuid,
        dataset_id -> Uuid,
        external_knowledge_id -> Varchar,
        created_by -> Uuid,
        created_at -> Timestamp,
        updated_by -> Nullable<Uuid>,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    segment_attachment_bindings (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        dataset_id -> Uuid,
        document_id -> Uuid,
        segment_id -> Uuid,
        attachment_id -> Uuid,
        created_at -> Timestamp,
    }
}

diesel::table! {
    document_segment_summaries (id) {
        id -> Uuid,
        dataset_id -> Uuid,
        document_id -> Uuid,
        chunk_id -> Uuid,
        summary_content -> Nullable<Text>,
        summary_index_node_id -> Nullable<Varchar>,
        summary_index_node_hash -> Nullable<Varchar>,
        tokens -> Nullable<Int4>,
        status -> Varchar,
        error -> Nullable<Text>,
        enabled -> Bool,
        disabled_at -> Nullable<Timestamp>,
        disabled_by -> Nullable<Uuid>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    pipelines (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        name -> Varchar,
        description -> Text,
        workflow_id -> Nullable<Uuid>,
        is_public -> Bool,
        is_published -> Bool,
        created_by -> Nullable<Uuid>,
        created_at -> Timestamp,
        updated_by -> Nullable<Uuid>,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    pipeline_built_in_templates (id) {
        id -> Uuid,
        name -> Varchar,
        description -> Text,
        chunk_structure -> Varchar,
        icon -> Json,
        yaml_content -> Text,
        copyright -> Varchar,
        privacy_policy -> Varchar,
        position -> Int4,
        install_count -> Int4,
        language -> Varchar,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    pipeline_customized_templates (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        name -> Varchar,
        description -> Text,
        chunk_structure -> Varchar,
        icon -> Json,
        position -> Int4,
        yaml_content -> Text,
        install_count -> Int4,
        language -> Varchar,
        created_by -> Uuid,
        updated_by -> Nullable<Uuid>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    document_pipeline_execution_logs (id) {
        id -> Uuid,
        pipeline_id -> Uuid,
        document_id -> Uuid,
        datasource_type -> Varchar,
        datasource_info -> Text,
        datasource_node_id -> Varchar,
        input_data -> Json,
        created_by -> Nullable<Uuid>,
        created_at -> Timestamp,
    }
}

diesel::table! {
    data_source_oauth_bindings (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        access_token -> Varchar,
        provider -> Varchar,
        source_info -> Jsonb,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        disabled -> Nullable<Bool>,
    }
}

diesel::table! {
    data_source_api_key_auth_bindings (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        category -> Varchar,
        provider -> Varchar,
        credentials -> Nullable<Text>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        disabled -> Nullable<Bool>,
    }
}

diesel::table! {
    datasource_providers (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        name -> Varchar,
        provider -> Varchar,
        plugin_id -> Varchar,
        auth_type -> Varchar,
        encrypted_credentials -> Jsonb,
        avatar_url -> Nullable<Text>,
        is_default -> Bool,
        expires_at -> Int4,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    datasource_oauth_tenant_params (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        provider -> Varchar,
        plugin_id -> Varchar,
        client_params -> Jsonb,
        enabled -> Bool,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    providers (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        provider_name -> Varchar,
        provider_type -> Varchar,
        is_valid -> Bool,
        last_used -> Nullable<Timestamp>,
        credential_id -> Nullable<Uuid>,
        quota_type -> Nullable<Varchar>,
        quota_limit -> Nullable<Int8>,
        quota_used -> Nullable<Int8>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    provider_credentials (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        provider_name -> Varchar,
        credential_name -> Varchar,
        encrypted_config -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    provider_models (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        provider_name -> Varchar,
        model_name -> Varchar,
        model_type -> Varchar,
        credential_id -> Nullable<Uuid>,
        is_valid -> Bool,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    provider_model_credentials (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        provider_name -> Varchar,
        model_name -> Varchar,
        model_type -> Varchar,
        credential_name -> Varchar,
        encrypted_config -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    tenant_default_models (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        provider_name -> Varchar,
        model_name -> Varchar,
        model_type -> Varchar,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    tenant_preferred_model_providers (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        provider_name -> Varchar,
        preferred_provider_type -> Varchar,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    provider_model_settings (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        provider_name -> Varchar,
        model_name -> Varchar,
        model_type -> Varchar,
        enabled -> Bool,
        load_balancing_enabled -> Bool,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    load_balancing_model_configs (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        provider_name -> Varchar,
        model_name -> Varchar,
        model_type -> Varchar,
        name -> Varchar,
        encrypted_config -> Nullable<Text>,
        credential_id -> Nullable<Uuid>,
        credential_source_type -> Nullable<Varchar>,
        enabled -> Bool,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    tool_builtin_providers (id) {
        id -> Uuid,
        name -> Varchar,
        tenant_id -> Nullable<Uuid>,
        user_id -> Uuid,
        provider -> Varchar,
        encrypted_credentials -> Nullable<Text>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        is_default -> Bool,
        credential_type -> Varchar,
        expires_at -> Int8,
    }
}

diesel::table! {
    tool_api_providers (id) {
        id -> Uuid,
        name -> Varchar,
        icon -> Varchar,
        schema -> Text,
        schema_type_str -> Varchar,
        user_id -> Uuid,
        tenant_id -> Uuid,
        description -> Text,
        tools_str -> Text,
        credentials_str -> Text,
        privacy_policy -> Nullable<Varchar>,
        custom_disclaimer -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    tool_workflow_providers (id) {
        id -> Uuid,
        name -> Varchar,
        label -> Varchar,
        icon -> Varchar,
        app_id -> Uuid,
        version -> Varchar,
        user_id -> Uuid,
        tenant_id -> Uuid,
        description -> Text,
        parameter_configuration -> Text,
        privacy_policy -> Nullable<Varchar>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    tool_mcp_providers (id) {
        id -> Uuid,
        name -> Varchar,
        server_identifier -> Varchar,
        server_url -> Text,
        server_url_hash -> Varchar,
        icon -> Nullable<Varchar>,
        tenant_id -> Uuid,
        user_id -> Uuid,
        encrypted_credentials -> Nullable<Text>,
        authed -> Bool,
        tools -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        timeout -> Float8,
        sse_read_timeout -> Float8,
        encrypted_headers -> Nullable<Text>,
    }
}

diesel::table! {
    tool_label_bindings (id) {
        id -> Uuid,
        tool_id -> Varchar,
        tool_type -> Varchar,
        label_name -> Varchar,
    }
}

diesel::table! {
    tool_oauth_tenant_clients (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        plugin_id -> Varchar,
        provider -> Varchar,
        enabled -> Bool,
        encrypted_oauth_params -> Text,
    }
}

diesel::table! {
    upload_files (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        storage_type -> Varchar,
        key -> Varchar,
        name -> Varchar,
        size -> Int4,
        extension -> Varchar,
        mime_type -> Nullable<Varchar>,
        created_by_role -> Varchar,
        created_by -> Uuid,
        created_at -> Timestamp,
        used -> Bool,
        used_by -> Nullable<Uuid>,
        used_at -> Nullable<Timestamp>,
        hash -> Nullable<Varchar>,
        source_url -> Text,
    }
}

diesel::table! {
    tool_files (id) {
        id -> Uuid,
        user_id -> Uuid,
        tenant_id -> Uuid,
        conversation_id -> Nullable<Uuid>,
        file_key -> Varchar,
        mimetype -> Varchar,
        original_url -> Nullable<Varchar>,
        name -> Varchar,
        size -> Int4,
    }
}

diesel::table! {
    app_triggers (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        app_id -> Uuid,
        node_id -> Varchar,
        trigger_type -> Varchar,
        title -> Varchar,
        provider_name -> Nullable<Varchar>,
        status -> Varchar,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    workflow_webhook_triggers (id) {
        id -> Uuid,
        app_id -> Uuid,
        node_id -> Varchar,
        tenant_id -> Uuid,
        webhook_id -> Varchar,
        created_by -> Uuid,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    workflow_schedule_plans (id) {
        id -> Uuid,
        app_id -> Uuid,
        node_id -> Varchar,
        tenant_id -> Uuid,
        cron_expression -> Varchar,
        timezone -> Varchar,
        next_run_at -> Nullable<Timestamp>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    workflow_plugin_triggers (id) {
        id -> Uuid,
        app_id -> Uuid,
        node_id -> Varchar,
        tenant_id -> Uuid,
        provider_id -> Varchar,
        event_name -> Varchar,
        subscription_id -> Varchar,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    trigger_subscriptions (id) {
        id -> Uuid,
        name -> Varchar,
        tenant_id -> Uuid,
        user_id -> Uuid,
        provider_id -> Varchar,
        endpoint_id -> Varchar,
        parameters -> Json,
        properties -> Json,
        credentials -> Json,
        credential_type -> Varchar,
        credential_expires_at -> Int4,
        expires_at -> Int4,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    trigger_oauth_tenant_clients (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        plugin_id -> Varchar,
        provider -> Varchar,
        enabled -> Bool,
        encrypted_oauth_params -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    workflow_trigger_logs (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        app_id -> Uuid,
        workflow_id -> Uuid,
        workflow_run_id -> Nullable<Uuid>,
        root_node_id -> Nullable<Varchar>,
        trigger_metadata -> Text,
        trigger_type -> Varchar,
        trigger_data -> Text,
        inputs -> Text,
        outputs -> Nullable<Text>,
        status -> Varchar,
        error -> Nullable<Text>,
        queue_name -> Varchar,
        celery_task_id -> Nullable<Varchar>,
        created_by_role -> Varchar,
        created_by -> Varchar,
        retry_count -> Int4,
        elapsed_time -> Nullable<Float8>,
        total_tokens -> Nullable<Int4>,
        created_at -> Timestamp,
        triggered_at -> Nullable<Timestamp>,
        finished_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    ferrify_meta (name) {
        name -> Varchar,
        value -> Text,
    }
}

diesel::table! {
    ferrify_api_token_hashes (token_hash) {
        token_hash -> Bytea,
        api_token_id -> Uuid,
    }
}

diesel::table! {
    ferrify_jobs (id) {
        id -> Uuid,
        queue -> Varchar,
        kind -> Varchar,
        tenant_id -> Nullable<Uuid>,
        payload -> Jsonb,
        priority -> Int4,
        run_at -> Timestamp,
        attempts -> Int4,
        max_attempts -> Int4,
        locked_until -> Nullable<Timestamp>,
        locked_by -> Nullable<Varchar>,
        dedup_key -> Nullable<Varchar>,
        state -> Varchar,
        progress -> Nullable<Jsonb>,
        last_error -> Nullable<Text>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    ferrify_sites (site_id) {
        site_id -> Uuid,
        input_placeholder -> Varchar,
    }
}

diesel::table! {
    ferrify_workflow_checkpoints (run_id) {
        run_id -> Uuid,
        tenant_id -> Uuid,
        context -> Text,
        state -> Text,
        attempts -> Int4,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    ferrify_human_input_forms (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        app_id -> Uuid,
        workflow_run_id -> Uuid,
        node_execution_id -> Uuid,
        node_id -> Varchar,
        node_title -> Text,
        invoke_from -> Varchar,
        token -> Varchar,
        is_public -> Bool,
        definition -> Text,
        status -> Varchar,
        created_at -> Timestamp,
        expires_at -> Timestamp,
        submitted_at -> Nullable<Timestamp>,
        submitted_by_role -> Nullable<Varchar>,
        submitted_by -> Nullable<Uuid>,
        action_id -> Nullable<Varchar>,
        submission -> Nullable<Text>,
    }
}

diesel::table! {
    ferrify_paused_runs (run_id) {
        run_id -> Uuid,
        tenant_id -> Uuid,
        app_id -> Uuid,
        task_id -> Uuid,
        mode -> Varchar,
        owner -> Varchar,
        paused_at -> Timestamp,
        wake_at -> Nullable<Timestamp>,
        claimed_until -> Nullable<Timestamp>,
    }
}

diesel::table! {
    ferrify_segment_keywords (dataset_id, keyword, node_id) {
        dataset_id -> Uuid,
        keyword -> Text,
        node_id -> Uuid,
        document_id -> Uuid,
    }
}

diesel::table! {
    ferrify_deletion_feedbacks (id) {
        id -> Uuid,
        email -> Varchar,
        feedback -> Text,
        created_at -> Timestamp,
    }
}

// Only the tables that are joined: the macro writes code for every pair.
diesel::allow_tables_to_appear_in_same_query!(account_integrates, accounts);
diesel::allow_tables_to_appear_in_same_query!(workflow_pauses, workflow_pause_reasons);
diesel::allow_tables_to_appear_in_same_query!(workflow_pauses, workflow_runs);
diesel::allow_tables_to_appear_in_same_query!(workflow_app_logs, workflow_runs, end_users);
diesel::allow_tables_to_appear_in_same_query!(
    accounts,
    tenants,
    tenant_account_joins,
    apps,
    app_model_configs,
    sites,
    ferrify_sites,
    ferrify_workflow_checkpoints,
    ferrify_human_input_forms,
    ferrify_paused_runs,
    api_tokens,
    installed_apps,
    recommended_apps,
    tags,
    tag_bindings,
    end_users,
    conversations,
    messages,
    message_files,
    message_feedbacks,
    message_annotations,
    app_annotation_hit_histories,
    saved_messages,
    pinned_conversations,
    upload_files,
    ferrify_api_token_hashes,
);

diesel::table! {
    ferrify_job_outcomes (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        kind -> Text,
        subject -> Uuid,
        status -> Text,
        error -> Nullable<Text>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    ferrify_embeddings (provider_name, model_name, hash) {
        provider_name -> Varchar,
        model_name -> Varchar,
        hash -> Bytea,
        embedding -> Bytea,
        created_at -> Timestamp,
    }
}

diesel::allow_tables_to_appear_in_same_query!(app_dataset_joins, apps);
diesel::allow_tables_to_appear_in_same_query!(
    datasets,
    dataset_permissions,
    documents,
    document_segments,
    document_segment_summaries,
    child_chunks,
    dataset_metadatas,
    dataset_metadata_bindings,
    external_knowledge_apis,
    external_knowledge_bindings,
    segment_attachment_bindings,
);
diesel::allow_tables_to_appear_in_same_query!(segment_attachment_bindings, upload_files);

diesel::table! {
    ferrify_dataset_keys (api_token_id) {
        api_token_id -> Uuid,
        tenant_id -> Uuid,
        dataset_id -> Uuid,
    }
}

diesel::allow_tables_to_appear_in_same_query!(ferrify_dataset_keys, api_tokens);

diesel::table! {
    ferrify_app_rules (app_id) {
        app_id -> Uuid,
        tenant_id -> Uuid,
        allowed_networks -> Array<Text>,
        signing_secret -> Nullable<Text>,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    ferrify_async_tasks (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        app_id -> Uuid,
        end_user_id -> Uuid,
        #[max_length = 255]
        mode -> Varchar,
        message_id -> Nullable<Uuid>,
        conversation_id -> Nullable<Uuid>,
        workflow_run_id -> Nullable<Uuid>,
        #[max_length = 20]
        status -> Varchar,
        result -> Nullable<Text>,
        callback_url -> Nullable<Text>,
        created_at -> Timestamp,
        looked_at -> Timestamp,
        finished_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    ferrify_audit_log (id) {
        id -> Uuid,
        tenant_id -> Nullable<Uuid>,
        account_id -> Nullable<Uuid>,
        #[max_length = 64]
        action -> Varchar,
        subject -> Nullable<Text>,
        #[max_length = 64]
        client_address -> Nullable<Varchar>,
        #[max_length = 128]
        request_id -> Nullable<Varchar>,
        detail -> Jsonb,
        created_at -> Timestamp,
    }
}

diesel::table! {
    ferrify_form_uploads (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        app_id -> Uuid,
        form_id -> Uuid,
        upload_file_id -> Nullable<Uuid>,
        created_at -> Timestamp,
    }
}
