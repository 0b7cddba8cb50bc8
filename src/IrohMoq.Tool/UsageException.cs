namespace IrohMoq.Tool;

/// <summary>The words of the command contradict each other or name something that is not there.</summary>
internal sealed class UsageException(string message) : Exception(message);
