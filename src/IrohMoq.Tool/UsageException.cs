namespace IrohMoq.Tool;

/// <summary>The exception that is thrown when the command-line arguments are invalid or contradict each other.</summary>
internal sealed class UsageException(string message) : Exception(message);
