namespace IrohMoq.Reactive;

/// <summary>Describes a peer that dials, for <see cref="MoqOptions.AcceptPolicy"/>.</summary>
/// <param name="RemoteId">The peer's ID, verified by the transport; the default value if the transport knows none.</param>
/// <param name="Protocol">The negotiated protocol, for example <c>moq-lite-03</c>.</param>
/// <param name="Request">
/// The path and the role that the peer states in its SETUP; null up to moq-lite-04, where a peer cannot state any. They are claims of the
/// peer: only what is in the path, for example a signed token, can prove a right.
/// </param>
public sealed record AcceptContext(EndpointId RemoteId, string Protocol, SessionRequest? Request = null);
