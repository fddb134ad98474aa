//! Python that means harm: each is refused or contained, and the sandbox works afterwards.
