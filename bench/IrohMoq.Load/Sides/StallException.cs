namespace IrohMoq.Load;

/// <summary>The exception that is thrown when a reader has received no data for too long.</summary>
internal sealed class StallException(string message) : Exception(message);
