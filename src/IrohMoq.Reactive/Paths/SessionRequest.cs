namespace IrohMoq.Reactive;

/// <summary>
/// Represents what a client states about the session that it dials: the path of the service at the server, and the role of the client. It
/// is sent in the SETUP of moq-lite-05 and moq-lite-06; older versions have no such message. A connection that a proxy forwards does not
/// pass it on. See moq-lite, "SETUP".
/// </summary>
public sealed record SessionRequest
{
    /// <summary>The maximum length of a path with its query, in bytes.</summary>
    public const int MaxPathBytes = 8192;

    /// <summary>Initializes a new instance of the record.</summary>
    /// <param name="path">
    /// The path of a URI with its query, if it has one, for example <c>/room?token=abc</c>; empty for the default path. It consists of
    /// visible ASCII characters: other ones are escaped as in a URI.
    /// </param>
    /// <param name="role">What the client does in the session.</param>
    /// <exception cref="ArgumentException">
    /// The path is longer than <see cref="MaxPathBytes"/>, begins neither with a slash nor with a question mark, or contains a character
    /// that a URI cannot contain.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">The role is not one of the enumeration.</exception>
    public SessionRequest(string path = "", SessionRole role = SessionRole.Both)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (path.Length > 0 && path[0] is not ('/' or '?'))
            throw new ArgumentException("The path must be empty, or begin with a slash or a question mark.", nameof(path));
        if (path.Length > MaxPathBytes)
            throw new ArgumentException($"The path has {path.Length} bytes, more than {MaxPathBytes}.", nameof(path));
        if (!IsVisible(path))
            throw new ArgumentException("The path may contain only visible ASCII characters. Escape others as in a URI.", nameof(path));
        if (role is < SessionRole.Both or > SessionRole.Subscriber)
            throw new ArgumentOutOfRangeException(nameof(role), role, "The role must be one of the enumeration.");
        Path = path;
        Role = role;
    }

    /// <summary>Gets the request of a client that states nothing: the default path, and both roles.</summary>
    public static SessionRequest Default { get; } = new();

    /// <summary>
    /// Gets the path with its query, empty for the default one. It is the text of the client: a path of moq-lite-05 may begin with any
    /// character. A query often contains a secret, so that the path does not belong in a log.
    /// </summary>
    public string Path { get; private init; }

    /// <summary>Gets what the client does in the session.</summary>
    public SessionRole Role { get; private init; }

    /// <summary>Returns the role, and the path without its query, which may contain a secret.</summary>
    public override string ToString()
    {
        var query = Path.IndexOf('?', StringComparison.Ordinal);
        return query < 0 ? $"{Role} at '{Path}'" : $"{Role} at '{Path[..query]}' with a query";
    }

    /// <summary>Creates the request that a client has stated, or returns null if its path contains a character that no URI has.</summary>
    internal static SessionRequest? FromClient(string? path, SessionRole? role)
    {
        path ??= "";
        return IsVisible(path) ? Default with { Path = path, Role = role ?? SessionRole.Both } : null;
    }

    private static bool IsVisible(string path) => !path.AsSpan().ContainsAnyExceptInRange('!', '~');
}
