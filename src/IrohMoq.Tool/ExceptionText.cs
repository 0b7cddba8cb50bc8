using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace IrohMoq.Tool;

/// <summary>Converts exceptions to messages for people.</summary>
internal static class ExceptionText
{
    /// <summary>Returns the message of an exception that a mistake or the surroundings caused; with its type if it is unexpected.</summary>
    public static string Of(Exception failure) => IsExpected(failure)
        ? Message(failure)
        : $"unexpected error {failure.GetType().Name}: {Message(failure)} (-v shows where it happened)";

    /// <summary>Returns the reason of a failed call on a file, without the path and in lower case.</summary>
    public static string Reason(Exception failure)
    {
        var message = Message(failure).TrimEnd('.');
        if (message.Contains(" : '", StringComparison.Ordinal))
            message = message[..message.IndexOf(" : '", StringComparison.Ordinal)];
        return message.Length > 1 && char.IsLower(message[1]) ? char.ToLowerInvariant(message[0]) + message[1..] : message;
    }

    /// <summary>Returns the message of an exception for the peer, which does not learn in which folders the files are.</summary>
    public static string ForPeer(Exception failure) =>
        string.Join('\'', Message(failure).Split('\'').Select(static part => Path.IsPathRooted(part) ? Path.GetFileName(part) : part));

    public static bool IsExpected(Exception failure) =>
        failure is IOException or UnauthorizedAccessException or TimeoutException or FormatException or DllNotFoundException
            or PlatformNotSupportedException or SocketException or InvalidDataException or ArgumentException or OverflowException
            or NetworkInformationException or NotSupportedException or UsageException;

    private static string Message(Exception failure)
    {
        // An argument exception names the parameter of a method, which a user of the tool does not know.
        var message = failure is ArgumentException { ParamName: { } name }
            ? failure.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal)
            : failure.Message;
        return message.ReplaceLineEndings(" ");
    }
}
