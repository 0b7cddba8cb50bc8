namespace IrohMoq.Reactive;

/// <summary>Describes a peer that dials, for <see cref="MoqOptions.AcceptPolicy"/>.</summary>
/// <param name="RemoteId">The peer's ID, verified by the transport; the default value if the transport knows none.</param>
/// <param name="Protocol">The negotiated protocol, for example <c>moq-lite-03</c>.</param>
public sealed record AcceptContext(EndpointId RemoteId, string Protocol);
